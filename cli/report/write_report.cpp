#include "report/write_report.hpp"

#include <fmt/format.h>

#include "actz/version.hpp"
#include "io/output_file.hpp"
#include "loaded_tensors.hpp"
#include "measure/cpu.hpp"
#include "report/page.hpp"
#include "report/read_inputs.hpp"

namespace actz::report {
namespace {

std::string conditions(const Request& request) {
  return fmt::format(
      "actz {}, {} ({} kernels), {} thread{}. Speeds in 10⁶ bytes of the stored tensor per second, medians.",
      kLibraryVersion, bench::cpu_name(), bench::widest_kernel(), request.collect.threads,
      request.collect.threads == 1 ? "" : "s");
}

void add_file(const std::string& path, const Request& request, const cli::Verb& verb, Report& report) {
  const auto tensors = cli::load_tensors(path, verb);
  if (!tensors) throw bench::Failed{path, tensors.error()};
  for (const Tensor& tensor : *tensors) {
    if (!is_float(tensor.dtype) || tensor.shape.empty() || tensor.bytes.empty()) continue;
    report.tensors.push_back(measure_tensor(tensor, request.collect));
    if (!request.peers.empty()) add_peers(request.peers, bench::file_sha256(path), report.tensors.back());
  }
}

Status finish(io::OutputFile& file, const std::string& text) {
  if (auto status = file.write(std::as_bytes(std::span(text))); !status) return status;
  return file.finish();
}

}  // namespace

std::optional<cli::Failure> write_report(const Request& request, const cli::Verb& verb) {
  // Before measuring, for a page that may not be written should fail at once.
  auto file = io::OutputFile::create(request.output, request.overwrite);
  if (!file) return cli::Failure{request.output, file.error()};
  Report report;
  report.conditions = conditions(request);
  try {
    if (!request.losses.empty()) report.losses = read_losses(request.losses);
    for (const std::string& path : request.inputs) add_file(path, request, verb, report);
  } catch (const bench::Failed& failed) {
    return cli::Failure{failed.file, failed.error};
  }
  if (report.tensors.empty()) {
    return cli::Failure{request.inputs.front(),
                        {ErrorCode::bad_argument, Error::kNoOffset, "holds no float tensor to report on"}};
  }
  report.title = "Activations: rate, error and speed";
  if (const auto status = finish(*file, page(report)); !status) return cli::Failure{request.output, status.error()};
  return std::nullopt;
}

}  // namespace actz::report
