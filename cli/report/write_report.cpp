#include "report/write_report.hpp"

#include <fmt/format.h>

#include <fstream>

#include "actz/version.hpp"
#include "base/cpu_kernel.hpp"
#include "io/output_file.hpp"
#include "loaded_tensors.hpp"
#include "report/page.hpp"
#include "report/read_inputs.hpp"

namespace actz::report {
namespace {

std::string cpu_name() {
  std::ifstream lines("/proc/cpuinfo");
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown processor";
}

std::string conditions(const Request& request) {
  const auto kernels = supported_cpu_kernels();
  const std::string kernel = kernels.empty() ? "scalar" : std::string(to_string(kernels.back()));
  return fmt::format("actz {}, {} ({} kernels), {} thread{}. Speeds in 10⁶ bytes of the stored tensor per second, medians.", kLibraryVersion,
                     cpu_name(), kernel, request.collect.threads, request.collect.threads == 1 ? "" : "s");
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

Status write(const std::string& path, bool overwrite, const std::string& text) {
  auto file = io::OutputFile::create(path, overwrite);
  if (!file) return file.error();
  if (auto status = file->write(std::as_bytes(std::span(text))); !status) return status;
  return file->finish();
}

}  // namespace

std::optional<cli::Failure> write_report(const Request& request, const cli::Verb& verb) {
  Report report;
  report.conditions = conditions(request);
  try {
    if (!request.losses.empty()) report.losses = read_losses(request.losses);
    for (const std::string& path : request.inputs) add_file(path, request, verb, report);
  } catch (const bench::Failed& failed) {
    return cli::Failure{failed.file, failed.error};
  }
  if (report.tensors.empty()) {
    return cli::Failure{request.inputs.front(), {ErrorCode::bad_argument, Error::kNoOffset, "holds no float tensor to report on"}};
  }
  report.title = "Activations: rate, error and speed";
  if (const auto status = write(request.output, request.overwrite, page(report)); !status) return cli::Failure{request.output, status.error()};
  return std::nullopt;
}

}  // namespace actz::report
