#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "actz/bounds.hpp"
#include "base/try.hpp"
#include "encode_options.hpp"
#include "file_adapters.hpp"
#include "loaded_tensors.hpp"
#include "report/bounds_page.hpp"
#include "verbs.hpp"

namespace actz::cli {
namespace {

/// The rows of all tensors of some files, side by side.
struct DumpRows {
  std::uint32_t channels = 0;
  std::vector<float> values;
  Shape shape;                      ///< of the last tensor
  std::uint64_t sequence_rows = 0;  ///< that end wherever a sequence of a tensor does
};

std::optional<Failure> load_rows(const Arguments& paths, const Verb& verb, DumpRows& out) {
  for (const std::string& path : paths) {
    const auto tensors = load_tensors(path, verb);
    if (!tensors) return Failure{path, tensors.error()};
    for (const Tensor& tensor : *tensors) {
      const auto wrong = [&](const char* why) {
        return Failure{path, {ErrorCode::bad_argument, Error::kNoOffset, "'" + tensor.name + "' " + why}};
      };
      if (!is_float(tensor.dtype) || tensor.shape.empty()) return wrong("has no rows of floating-point numbers");
      const std::uint64_t channels = tensor.shape.back();
      if (channels == 0 || channels > 8192) return wrong("has no channels, or more than 8192");
      if (out.channels != 0 && out.channels != channels) return wrong("has another number of channels");
      out.channels = static_cast<std::uint32_t>(channels);
      out.shape = tensor.shape;
      const std::uint64_t rows = tensor.shape.size() > 1 ? tensor.shape[tensor.shape.size() - 2] : 1;
      out.sequence_rows = std::gcd(out.sequence_rows, rows);
      const auto count = element_count(tensor.shape, tensor.dtype);
      if (!count) return Failure{path, count.error()};
      for (std::size_t i = 0; i < *count; ++i) out.values.push_back(static_cast<float>(value_at(tensor, i)));
    }
  }
  return std::nullopt;
}

/// Bits per value of rows, coded with a profile that is not counted.
Result<double> measured_rate(const DumpRows& rows, const Profile& profile, double nmse) {
  MemorySink sink;
  ArchiveWriter writer(sink);
  EncodeOptions options;
  options.profile = &profile;
  options.embed_model = false;
  options.nmse = nmse;
  MemoryElements elements(DType::f32, std::as_bytes(std::span(rows.values)));
  Shape shape = rows.shape;
  std::uint64_t count = 1;
  for (const std::uint64_t extent : shape) count *= extent;
  if (count != rows.values.size()) shape = {rows.values.size() / rows.channels, rows.channels};
  const auto report = writer.add_tensor("x", DType::f32, shape, elements, options);
  if (!report) return report.error();
  if (const auto status = writer.finish(); !status) return status.error();
  return 8.0 * static_cast<double>(sink.bytes.size()) / static_cast<double>(rows.values.size());
}

Json or_null(const auto& value) { return value ? Json(*value) : Json(nullptr); }

Json as_json(const BoundsReport& report, const std::optional<double>& rate) {
  Json out{{"rows", report.rows},
           {"test_rows", report.test_rows},
           {"channels", report.channels},
           {"step", report.step},
           {"nmse", report.nmse},
           {"gaussian_rate", report.gaussian_rate},
           {"gaussian_rate_with_past", or_null(report.gaussian_rate_with_past)},
           {"gaussian_entropy", report.gaussian_entropy},
           {"measured_rate", or_null(rate)},
           {"families", Json::array()}};
  for (const FamilyBound& one : report.families) {
    out["families"].push_back({{"family", one.family},
                               {"train_bits", one.train_bits},
                               {"test_bits", or_null(one.test_bits)},
                               {"rademacher", or_null(one.rademacher)},
                               {"rademacher_error", or_null(one.rademacher_error)},
                               {"pac_gap", or_null(one.pac_gap)},
                               {"rows_for_gap", or_null(one.rows_for_gap)}});
  }
  return out;
}

std::string shown(const std::optional<double>& value) { return value ? fmt::format("{:.4f}", *value) : "-"; }

void print_table(const BoundsReport& report, const std::optional<double>& rate, const BoundsOptions& options) {
  fmt::print("{} rows of {} channels, NMSE {:.4g}, step {:.4g} of KLT coefficients; all in bits per value\n",
             report.rows, report.channels, report.nmse, report.step);
  fmt::print("Gaussian R(D), rows independent        {:.4f}\n", report.gaussian_rate);
  if (report.gaussian_rate_with_past)
    fmt::print("the same, given the rows at the lags       {:.4f}\n", *report.gaussian_rate_with_past);
  fmt::print("Gaussian maximum entropy at the step   {:.4f}\n", report.gaussian_entropy);
  if (rate) fmt::print("measured with the profile              {:.4f}\n", *rate);
  fmt::print("\n{:<11} {:>9} {:>9} {:>9} {:>19} {:>9} {:>14}\n", "family", "train", "test", "gap", "Rademacher",
             "bound", fmt::format("rows for {:g}", options.wanted_gap));
  for (const FamilyBound& one : report.families) {
    std::optional<double> gap;
    if (one.test_bits) gap = *one.test_bits - one.train_bits;
    const std::string complexity =
        one.rademacher ? fmt::format("{:.5f} +- {:.5f}", *one.rademacher, *one.rademacher_error) : "-";
    fmt::print("{:<11} {:>9.4f} {:>9} {:>9} {:>19} {:>9} {:>14}\n", one.family, one.train_bits, shown(one.test_bits),
               shown(gap), complexity, shown(one.pac_gap),
               one.rows_for_gap ? fmt::format("{}", *one.rows_for_gap) : "-");
  }
}

/// Bounds of ever more rows, by factors of four, up to all of them.
Result<std::vector<BoundsReport>> by_rows(const DumpRows& train, const DumpRows& test, const BoundsOptions& options,
                                          const BoundsReport& of_all) {
  const std::uint64_t least_rows = 2 * std::uint64_t{train.channels};  // for a covariance
  std::vector<BoundsReport> out{of_all};
  for (std::uint64_t rows = of_all.rows / 4; rows >= least_rows && out.size() < 5; rows /= 4) {
    const auto first = std::span(train.values).first(static_cast<std::size_t>(rows * train.channels));
    ACTZ_TRY(auto report, measure_bounds(first, test.values, train.channels, options));
    out.insert(out.begin(), std::move(report));
  }
  return out;
}

std::optional<Failure> write_page(const Verb& verb, const DumpRows& train, const DumpRows& test,
                                  const BoundsOptions& options, const BoundsReport& of_all,
                                  const std::optional<double>& rate) {
  const std::string path = verb.text("report");
  auto file = io::OutputFile::create(path, verb.has("force"));
  if (!file) return Failure{path, file.error()};
  auto reports = by_rows(train, test, options, of_all);
  if (!reports) return Failure{verb.files().front(), reports.error()};
  const std::string text =
      report::bounds_page({"Activations: what rate theory allows", *reports, rate, options.confidence});
  Status status = file->write(std::as_bytes(std::span(text)));
  if (status) status = file->finish();
  return status ? std::nullopt : std::optional(Failure{path, status.error()});
}

}  // namespace

int run_bounds(const Arguments& arguments) {
  Verb verb(
      "bounds DUMP... [--test DUMP] [options]",
      "Says what rate theory allows the rows of dumps at an NMSE, what families of entropy models would take, and how\n"
      "far those learned from so many rows may be off on others (docs/bounds.md). Example:\n"
      "  actz bounds calib.npy --test test.npy --nmse 0.02 --profile layer6.actp");
  verb.options()("test", po::value<Arguments>()->composing(), "rows not learned from (may be repeated)")(
      "nmse", po::value<double>(), "at which rows are quantised, default 0.02")(
      "lags", po::value<std::string>(), "rows before that a Gaussian source may follow from: 1,2 (default), none")(
      "profile", po::value<std::string>(), "measure the rate of the test rows with it, too")(
      "clip", po::value<unsigned>(), "bits that no symbol costs more than, default 12")(
      "confidence", po::value<double>(), "that bounds hold, default 0.95")(
      "gap", po::value<double>(), "bits per value: say how many rows make the bound so small, default 0.05")(
      "draws", po::value<unsigned>(), "of signs, for Rademacher complexities, default 64")(
      "seed", po::value<std::uint64_t>(), "of them, default 1")(
      "report", po::value<std::string>(), "also writes a page (HTML) with curves over the rows learned from")(
      "force,f", "overwrite the page");
  if (const auto code = verb.parse(arguments)) return *code;
  if (verb.files().empty()) return usage_error("bounds wants a dump");
  BoundsOptions options;
  if (verb.has("nmse")) options.nmse = verb.get<double>("nmse");
  if (verb.has("clip")) options.clip_bits = verb.get<unsigned>("clip");
  if (verb.has("confidence")) options.confidence = verb.get<double>("confidence");
  if (verb.has("gap")) options.wanted_gap = verb.get<double>("gap");
  if (verb.has("draws")) options.draws = verb.get<unsigned>("draws");
  if (verb.has("seed")) options.seed = verb.get<std::uint64_t>("seed");
  const auto lags = parse_lags(verb.has("lags") ? verb.text("lags") : "1,2");
  if (!lags) return usage_error("--lags wants 1,2 or none");
  options.lags = *lags;
  DumpRows train, test;
  if (const auto failure = load_rows(verb.files(), verb, train)) return report(*failure);
  if (verb.has("test")) {
    if (const auto failure = load_rows(verb.get<Arguments>("test"), verb, test)) return report(*failure);
    if (test.channels != train.channels) return usage_error("the test rows have another number of channels");
  }
  options.sequence_rows = train.sequence_rows;
  std::optional<double> rate;
  if (verb.has("profile")) {
    const std::string path = verb.text("profile");
    const auto profile = load_profile(path);
    if (!profile) return report({path, profile.error()});
    const auto measured = measured_rate(test.values.empty() ? train : test, *profile, options.nmse);
    if (!measured) return report({path, measured.error()});
    rate = *measured;
  }
  const auto found = measure_bounds(train.values, test.values, train.channels, options);
  if (!found) return report({verb.files().front(), found.error()});
  if (verb.has("report")) {
    if (const auto failure = write_page(verb, train, test, options, *found, rate)) return report(*failure);
  }
  if (verb.json()) fmt::print("{}\n", as_json(*found, rate).dump(2));
  else print_table(*found, rate, options);
  return kOk;
}

}  // namespace actz::cli
