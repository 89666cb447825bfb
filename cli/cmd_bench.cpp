#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "encode_options.hpp"
#include "file_adapters.hpp"
#include "loaded_tensors.hpp"
#include "report/write_report.hpp"
#include "verbs.hpp"

namespace actz::cli {
namespace {

template <class Run>
double median_seconds(unsigned repeat, Run run) {
  std::vector<double> seconds;
  for (unsigned i = 0; i < repeat; ++i) {
    const auto start = std::chrono::steady_clock::now();
    run();
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(seconds.begin(), seconds.begin() + repeat / 2, seconds.end());
  return seconds[repeat / 2];
}

int write_report(const Verb& verb, const EncodeOptions& options) {
  if (verb.files().empty()) return usage_error("bench --report wants files");
  report::Request request;
  request.inputs = verb.files();
  request.output = verb.text("report");
  request.peers = verb.text("peers");
  request.losses = verb.text("loss");
  request.overwrite = verb.has("force");
  request.collect.profile = options.profile;
  request.collect.lags = options.lags;
  request.collect.threads = verb.has("threads") ? options.threads : 1;
  if (const auto failure = report::write_report(request, verb)) return cli::report(*failure);
  if (!verb.has("quiet")) fmt::print("{}: open it in a browser\n", request.output);
  return kOk;
}

}  // namespace

int run_bench(const Arguments& arguments) {
  Verb verb(
      "bench IN [options]",
      "Encodes and decodes the tensors of a file in memory several times and prints medians; MB is 10^6 bytes of the raw\n"
      "tensor. Examples:\n  actz bench hidden.npy --profile layer6.actp --nmse 0.02 --threads 1\n"
      "  actz bench hidden.npy --profile layer6.actp --report report.html");
  add_encode_options(verb);
  verb.options()("repeat", po::value<unsigned>()->default_value(5), "runs")(
      "report", po::value<std::string>(),
      "write an HTML page of rates, errors and speeds over a ladder of qualities, zstd and integers beside")(
      "peers", po::value<std::string>(), "for --report: measurements of other codecs, JSON of bench_tensor")(
      "loss", po::value<std::string>(), "for --report: task losses, JSON")("force,f", "replace an existing report");
  if (const auto code = verb.parse(arguments)) return *code;
  if (verb.files().size() != 1 && !verb.has("report")) return usage_error("bench wants one file");
  std::optional<Profile> profile;
  EncodeOptions options;
  if (const auto failure = read_encode_options(verb, options)) return report(*failure);
  if (verb.has("profile")) {
    const Arguments paths = verb.get<Arguments>("profile");
    if (paths.size() > 1) return usage_error("bench wants one profile");
    auto loaded = load_profile(paths.front());
    if (!loaded) return report({paths.front(), loaded.error()});
    profile = *loaded;
    options.profile = &*profile;
  }
  if (verb.has("report")) return write_report(verb, options);
  const auto tensors = load_tensors(verb.files().front(), verb);
  if (!tensors) return report({verb.files().front(), tensors.error()});
  const unsigned repeat = std::max(verb.get<unsigned>("repeat"), 1u);
  Json list = Json::array();
  for (const Tensor& tensor : *tensors) {
    MemorySink sink;
    EncodeReport encoded;
    std::optional<Error> failed;
    const double encode_seconds = median_seconds(repeat, [&] {
      sink.bytes.clear();
      ArchiveWriter writer(sink);
      MemoryElements elements(tensor.dtype, tensor.bytes);
      auto result = writer.add_tensor(tensor.name, tensor.dtype, tensor.shape, elements, options);
      if (!result) failed = result.error();
      else encoded = *result;
      if (auto status = writer.finish(); !status) failed = status.error();
    });
    if (failed) return report({verb.files().front(), *failed});
    DecodeOptions decode_options;
    decode_options.threads = options.threads;
    if (profile) decode_options.profiles = {*profile};
    const double decode_seconds = median_seconds(repeat, [&] {
      MemorySource source(sink.bytes);
      const auto summary = read_stream(source, {}, decode_options);
      if (!summary) failed = summary.error();
    });
    if (failed) return report({verb.files().front(), *failed});
    const double megabytes = static_cast<double>(tensor.bytes.size()) / 1e6;
    const double values = static_cast<double>(std::max<std::uint64_t>(encoded.values, 1));
    const double bits = 8.0 * static_cast<double>(sink.bytes.size()) / values;
    const double payload_bits = 8.0 * static_cast<double>(sink.bytes.size() - encoded.embedded_model_bytes) / values;
    list.push_back({{"name", tensor.name},
                    {"bits_per_value", bits},
                    {"payload_bits_per_value", payload_bits},
                    {"embedded_model_bytes", encoded.embedded_model_bytes},
                    {"nmse", encoded.nmse},
                    {"max_abs_error", encoded.max_abs_error},
                    {"encode_mb_per_s", megabytes / encode_seconds},
                    {"decode_mb_per_s", megabytes / decode_seconds},
                    {"threads", options.threads}});
    if (!verb.json()) {
      fmt::print(
          "{}: {:.4f} bits/value ({:.4f} without the model of {} bytes), nmse {:.5f}, encode {:.0f} MB/s, decode {:.0f} MB/s, {} threads\n",
          tensor.name, bits, payload_bits, encoded.embedded_model_bytes, encoded.nmse, megabytes / encode_seconds,
          megabytes / decode_seconds, options.threads);
    }
  }
  if (verb.json()) fmt::print("{}\n", Json{{"tensors", list}}.dump(2));
  return kOk;
}

}  // namespace actz::cli
