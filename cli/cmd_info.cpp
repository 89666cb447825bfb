#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "file_adapters.hpp"
#include "verbs.hpp"

namespace actz::cli {
namespace {

double bits_per_value(const TensorSummary& tensor) {
  return tensor.values == 0 ? 0.0 : 8.0 * static_cast<double>(tensor.coded_bytes) / static_cast<double>(tensor.values);
}

Json to_json(const ArchiveSummary& summary) {
  Json out{{"format_version", fmt::format("{}.{}", summary.format_major, summary.format_minor)}};
  if (!summary.metadata.empty()) out["metadata"] = Json::parse(summary.metadata, nullptr, false);
  out["required_models"] = summary.required_models;
  out["tensors"] = Json::array();
  for (const TensorSummary& t : summary.tensors) {
    out["tensors"].push_back({{"name", t.name},
                              {"dtype", std::string(to_string(t.dtype))},
                              {"shape", t.shape},
                              {"codec", t.codec},
                              {"bits_per_value", bits_per_value(t)},
                              {"reference", t.reference},
                              {"source_chunks", t.source_chunks},
                              {"coded_bytes", t.coded_bytes},
                              {"model_bytes", t.model_bytes},
                              {"chunks", t.chunks},
                              {"rows", t.rows},
                              {"channels", t.channels},
                              {"nmse", std::isfinite(t.nmse) ? Json(t.nmse) : Json(nullptr)},
                              {"max_abs_error", t.max_abs_error},
                              {"digest", t.digest}});
  }
  return out;
}

void print(const ArchiveSummary& summary) {
  fmt::print("format {}.{}\n", summary.format_major, summary.format_minor);
  if (!summary.metadata.empty()) fmt::print("metadata {}\n", summary.metadata);
  for (const std::string& digest : summary.required_models) fmt::print("needs the profile with model {}\n", digest);
  fmt::print("{:<24} {:<5} {:<18} {:<9} {:>10} {:>7} {:>7} {:>10}\n", "name", "dtype", "shape", "codec", "bits/value",
             "ratio", "chunks", "nmse");
  for (const TensorSummary& t : summary.tensors) {
    const double raw = static_cast<double>(t.values * element_bytes(t.dtype));
    fmt::print("{:<24} {:<5} {:<18} {:<9} {:>10.4f} {:>7.2f} {:>7} {:>10.4g}\n", t.name,
               std::string(to_string(t.dtype)), to_string(t.shape), t.codec, bits_per_value(t),
               raw / static_cast<double>(std::max<std::uint64_t>(t.coded_bytes, 1)), t.chunks, t.nmse);
    if (!t.reference.empty()) fmt::print("  predicted from {}\n", t.reference);
  }
}

int profile_info(const Profile& profile, bool json) {
  Json out{{"rows", profile.training().rows},
           {"channels", profile.training().channels},
           {"lags", profile.training().lags},
           {"data_digest", profile.training().data_digest},
           {"reference", profile.training().reference},
           {"dictionary_rows", profile.training().dictionary_rows},
           {"dictionary_bytes", profile.training().dictionary_bytes},
           {"rungs", Json::array()}};
  for (const RungInfo& rung : profile.rungs()) {
    out["rungs"].push_back({{"target_nmse", rung.target_nmse},
                            {"held_out_nmse", rung.held_out_nmse},
                            {"held_out_bits_per_value", rung.held_out_bits_per_value},
                            {"coefficients", rung.coefficients},
                            {"model_bytes", rung.model_bytes},
                            {"matches_rows", rung.matches_rows},
                            {"uses_dictionary", rung.uses_dictionary},
                            {"dictionary_pays_from_values", rung.dictionary_pays_from_values},
                            {"digest", rung.digest}});
  }
  if (json) {
    fmt::print("{}\n", out.dump(2));
    return kOk;
  }
  fmt::print("profile for {} channels, learned from {} rows (data {})\n", profile.training().channels,
             profile.training().rows, profile.training().data_digest);
  if (!profile.training().reference.empty())
    fmt::print("  predicts from the tensor {} of the same file\n", profile.training().reference);
  if (profile.training().dictionary_bytes > 0)
    fmt::print("  dictionary of {} rows, {} bytes\n", profile.training().dictionary_rows,
               profile.training().dictionary_bytes);
  for (const RungInfo& rung : profile.rungs()) {
    fmt::print("  nmse {:<8.4g} {:>8.4f} bits/value  {:>5} coefficients  {:>8} bytes  {}{}\n", rung.held_out_nmse,
               rung.held_out_bits_per_value, rung.coefficients, rung.model_bytes, rung.digest.substr(0, 16),
               rung.uses_dictionary ? "  matches rows, also of the dictionary"
               : rung.matches_rows  ? "  matches rows"
                                    : "");
  }
  return kOk;
}

}  // namespace

int run_info(const Arguments& arguments) {
  Verb verb("info FILE [options]",
            "Shows what a .actz file or a .actp profile holds, without decoding it. Example:\n  actz info hidden.actz");
  if (const auto code = verb.parse(arguments)) return *code;
  if (verb.files().size() != 1) return usage_error("info wants one file");
  const std::string& path = verb.files().front();
  if (path == "-") {
    auto stream = open_stream(path);
    StreamVisitor visitor;
    visitor.on_tensor = [](const TensorSummary&) -> Result<bool> { return false; };
    const auto summary = read_stream(**stream, visitor);
    if (!summary) return report({path, summary.error()});
    verb.json() ? fmt::print("{}\n", to_json(*summary).dump(2)) : print(*summary);
    return kOk;
  }
  const auto source = FileSource::open(path);
  if (!source) return report({path, source.error()});
  const auto profile = Profile::parse(source->bytes());
  if (profile) return profile_info(*profile, verb.json());
  if (profile.error().code != ErrorCode::bad_argument) {
    // Not a whole profile: a broken one says so itself, anything else fails as a data file.
    const auto kind = source->bytes().size() > 10 ? static_cast<int>(source->bytes()[10]) : 0;
    if (kind == 2) return report({path, profile.error()});
  }
  const auto reader = ArchiveReader::open(*source);
  if (!reader) return report({path, reader.error()});
  verb.json() ? fmt::print("{}\n", to_json(reader->summary()).dump(2)) : print(reader->summary());
  return kOk;
}

}  // namespace actz::cli
