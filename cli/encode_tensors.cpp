#include "encode_tensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "file_adapters.hpp"
#include "progress.hpp"

namespace actz::cli {
namespace {

std::optional<Failure> encode_tensor(const PlannedTensor& planned, const Verb& verb, ArchiveWriter& writer,
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

}  // namespace

std::optional<Failure> encode_tensors(const EncodePlan& plan, const Verb& verb, ArchiveWriter& writer,
                                      std::vector<NamedReport>& reports) {
  for (const PlannedTensor& tensor : plan.tensors()) {
    if (auto failure = encode_tensor(tensor, verb, writer, reports)) return failure;
  }
  if (!reports.empty()) return std::nullopt;
  return Failure{"", {ErrorCode::bad_argument, Error::kNoOffset, "no tensor to encode"}};
}

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
    if (r.source_chunks > 0) list.back()["source_chunks"] = r.source_chunks;
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

}  // namespace actz::cli
