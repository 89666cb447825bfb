#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "encode_options.hpp"
#include "encode_plan.hpp"
#include "file_adapters.hpp"
#include "progress.hpp"
#include "verbs.hpp"

namespace actz::cli {
namespace {

struct NamedReport {
  std::string name;
  DType dtype;
  Shape shape;
  bool had_references;
  EncodeReport report;
};

using Outcome = std::optional<Failure>;

Outcome encode_tensor(const PlannedTensor& planned, const Verb& verb, ArchiveWriter& writer,
                      std::vector<NamedReport>& reports) {
  const io::TensorInfo& info = planned.info;
  auto tensor = planned.file->open(planned.index);
  if (!tensor) return Failure{planned.path, tensor.error()};
  SourceElements elements(**tensor);
  Progress progress(info.name, verb.shows_progress());
  EncodeOptions options = planned.options;
  options.progress = &Progress::update;
  options.progress_context = &progress;
  auto report = writer.add_tensor(info.name, info.dtype, info.shape, elements, options);
  if (!report) return Failure{planned.path, report.error()};
  reports.push_back({info.name, info.dtype, info.shape, !options.references.empty(), *report});
  return std::nullopt;
}

double ratio_or_zero(double part, double whole) { return whole > 0 ? part / whole : 0.0; }

Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

void print_reports(const std::vector<NamedReport>& reports, std::uint64_t output_bytes, double seconds, bool json) {
  Json list = Json::array();
  double input = 0, values = 0, model = 0, patches = 0, largest = 0, error = 0;
  for (const NamedReport& item : reports) {
    const EncodeReport& r = item.report;
    input += static_cast<double>(r.input_bytes);
    values += static_cast<double>(r.values);
    model += static_cast<double>(r.embedded_model_bytes);
    patches += static_cast<double>(r.patches);
    largest = std::max(largest, r.max_abs_error);
    error = std::max(error, r.nmse);
    list.push_back(
        {{"name", item.name},
         {"dtype", std::string(to_string(item.dtype))},
         {"shape", item.shape},
         {"input_bytes", r.input_bytes},
         {"output_bytes", r.output_bytes},
         {"bits_per_value", ratio_or_zero(8.0 * static_cast<double>(r.output_bytes), static_cast<double>(r.values))},
         {"embedded_model_bytes", r.embedded_model_bytes},
         {"nmse", finite(r.nmse)},
         {"max_abs_error", r.max_abs_error},
         {"patches", r.patches},
         {"matched_rows", r.matched_rows},
         {"match_bits_per_value", ratio_or_zero(static_cast<double>(r.match_bits), static_cast<double>(r.values))}});
    if (r.dictionary_bytes > 0) {
      list.back()["dictionary_bytes"] = r.dictionary_bytes;
      list.back()["dictionary_bits_per_value"] =
          ratio_or_zero(8.0 * static_cast<double>(r.dictionary_bytes), static_cast<double>(r.values));
    }
    if (!r.reference.empty()) list.back()["reference"] = r.reference;
  }
  const auto output = static_cast<double>(output_bytes);
  const Json out{{"input_bytes", static_cast<std::uint64_t>(input)},
                 {"output_bytes", output_bytes},
                 {"bits_per_value", ratio_or_zero(8 * output, values)},
                 {"payload_bits_per_value", ratio_or_zero(8 * (output - model), values)},
                 {"embedded_model_bytes", static_cast<std::uint64_t>(model)},
                 {"nmse", finite(error)},
                 {"max_abs_error", largest},
                 {"patches", static_cast<std::uint64_t>(patches)},
                 {"encode_mb_per_s", input / 1e6 / std::max(seconds, 1e-9)},
                 {"tensors", list}};
  if (json) {
    fmt::print("{}\n", out.dump(2));
    return;
  }
  fmt::print(
      "{:.0f} -> {} bytes, {:.2f} x smaller, {:.3f} bits/value (model {:.0f} bytes), nmse {:.4g}, largest error {:.3g}, {:.0f} MB/s\n",
      input, output_bytes, ratio_or_zero(input, output), ratio_or_zero(8 * output, values), model, error, largest,
      input / 1e6 / std::max(seconds, 1e-9));
  for (const NamedReport& item : reports) {
    if (item.report.matched_rows > 0)
      fmt::print("{}: {} rows are predicted from like ones; to name these takes {:.3f} bits/value\n", item.name,
                 item.report.matched_rows,
                 ratio_or_zero(static_cast<double>(item.report.match_bits), static_cast<double>(item.report.values)));
    if (item.report.dictionary_bytes > 0)
      fmt::print("{}: the dictionary has {} bytes, {:.3f} bits for each value of this tensor\n", item.name,
                 item.report.dictionary_bytes,
                 ratio_or_zero(8.0 * static_cast<double>(item.report.dictionary_bytes),
                               static_cast<double>(item.report.values)));
    if (!item.report.reference.empty()) fmt::print("{} is predicted from {}\n", item.name, item.report.reference);
    else if (item.had_references)
      fmt::print("{} is not predicted from another tensor: none has as many rows and pays\n", item.name);
  }
}

std::string metadata_of(const Verb& verb) {
  Json out = Json::object();
  for (const std::string& pair : verb.get<Arguments>("meta")) {
    const std::size_t equals = pair.find('=');
    out[pair.substr(0, equals)] = equals == std::string::npos ? "" : pair.substr(equals + 1);
  }
  return out.dump();
}

int encode_to(const EncodePlan& plan, const std::string& path, const Verb& verb) {
  auto file = io::OutputFile::create(path, verb.has("force"));
  if (!file) return report({path, file.error()});
  FileSink sink(*file);
  ArchiveWriter writer(sink);
  if (verb.has("meta")) {
    if (const auto status = writer.add_metadata(metadata_of(verb)); !status) return report({path, status.error()});
  }
  const auto start = std::chrono::steady_clock::now();
  std::vector<NamedReport> reports;
  for (const PlannedTensor& tensor : plan.tensors()) {
    if (const auto failure = encode_tensor(tensor, verb, writer, reports)) return report(*failure);
  }
  if (reports.empty()) return usage_error("no tensor to encode");
  if (const auto status = writer.finish(); !status) return report({path, status.error()});
  if (const auto status = file->finish(); !status) return report({path, status.error()});
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (path != "-" && !verb.has("quiet")) print_reports(reports, writer.written_bytes(), seconds, verb.json());
  return kOk;
}

}  // namespace

int run_encode(const Arguments& arguments) {
  Verb verb(
      "encode IN... OUT.actz [options]",
      "Encodes all tensors of .npy, .npz, .safetensors or raw files. Floats are coded at --nmse 0.02 unless another\n"
      "target is given; integers and bool are always lossless. Examples:\n"
      "  actz encode hidden.npy hidden.actz --profile layer6.actp --nmse 0.005\n"
      "  actz encode layer1.npy layer3.npy both.actz --reference layer3=layer1\n"
      "  actz encode kv.safetensors kv.actz --max-error 0.01\n"
      "  cat hidden.npy | actz encode - - --lossless > hidden.actz");
  add_encode_options(verb);
  verb.options()("output,o", po::value<std::string>(), "output, instead of the last argument")(
      "tensor", po::value<Arguments>()->composing(), "only this tensor (may be repeated)")(
      "reference", po::value<Arguments>()->composing(),
      "TENSOR=OTHER: rows of OTHER, in the same file, may predict those of TENSOR")(
      "references", po::value<std::string>(), "auto: without profiles, let each tensor choose among those before it")(
      "meta", po::value<Arguments>()->composing(), "KEY=VALUE to keep in the file (may be repeated)")(
      "force,f", "overwrite the output");
  if (const auto code = verb.parse(arguments)) return *code;
  Arguments inputs = verb.files();
  std::string path = verb.text("output");
  if (path.empty() && inputs.size() >= 2) {
    path = inputs.back();
    inputs.pop_back();
  }
  if (inputs.empty() || path.empty()) return usage_error("encode wants an input and an output");
  EncodeOptions options;
  if (const auto failure = read_encode_options(verb, options)) return report(*failure);
  EncodePlan plan;
  if (const auto failure = EncodePlan::make(verb, inputs, options, plan)) return report(*failure);
  return encode_to(plan, path, verb);
}

}  // namespace actz::cli
