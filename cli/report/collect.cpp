#include "report/collect.hpp"

#include <fmt/format.h>

#include <cmath>

#include "measure/actz_codec.hpp"
#include "measure/gaussian_bound.hpp"
#include "peers/peers.hpp"
#include "report/coefficient_bits.hpp"

namespace actz::report {
namespace {

/// Enough for steady rates; more would only take longer.
constexpr std::size_t kMostValues = std::size_t{1} << 23;
constexpr int kZstdLevel = 19;

bench::Sample measured_part(const Tensor& tensor) {
  bench::Sample whole = bench::make_sample(tensor, "");
  const std::size_t rows = kMostValues / whole.channels;
  if (whole.rows <= rows || rows == 0) return whole;
  return bench::slice_rows(whole, 0,
                           rows >= whole.sequence_rows ? rows / whole.sequence_rows * whole.sequence_rows : rows);
}

std::vector<bench::CodecRun> runs_on(const bench::Sample& sample, const CollectOptions& options) {
  std::vector<bench::CodecRun> runs;
  EncodeOptions encode;
  encode.threads = options.threads;
  for (const double nmse : kLadder) {
    encode.nmse = nmse;
    if (options.profile != nullptr) runs.push_back(bench::actz_run(sample, "actz, profile", encode, options.profile));
  }
  encode.lags = options.lags;
  for (const double nmse : kLadder) {
    encode.nmse = nmse;
    runs.push_back(bench::actz_run(sample, "actz, self-fitted", encode, nullptr));
  }
  const bench::SteppedCodec bins = bench::bins_then_zstd(sample, kZstdLevel);
  for (const double nmse : kLadder) runs.push_back(bench::at_nmse(bins, sample, nmse));
  for (const std::optional<int> level : {std::optional<int>(), std::optional(kZstdLevel)}) {
    for (const unsigned bits : {8u, 6u, 5u, 4u, 3u, 2u}) runs.push_back(bench::channel_integers(sample, bits, level));
  }
  EncodeOptions lossless;
  lossless.lossless = true;
  lossless.threads = options.threads;
  runs.push_back(bench::actz_run(sample, "actz, lossless", lossless, nullptr));
  for (const int level : {3, kZstdLevel}) runs.push_back(bench::zstd_lossless(sample, level, true));
  runs.push_back(bench::zstd_lossless(sample, kZstdLevel, false));
  return runs;
}

struct Family {
  const char* label;
  const char* style;
  bool (*holds)(const std::string& codec);
};

const Family kFamilies[] = {
    {"actz, profile", "actz", [](const std::string& codec) { return codec == "actz, profile"; }},
    {"actz, self-fitted", "self", [](const std::string& codec) { return codec == "actz, self-fitted"; }},
    {"uniform bins + zstd -19", "bins", [](const std::string& codec) { return codec == "uniform bins + zstd -19"; }},
    {"int2 … int8 per channel", "integers",
     [](const std::string& codec) { return codec.starts_with("int") && codec.ends_with("per channel"); }},
    {"int2 … int8 + zstd -19", "integers-zstd",
     [](const std::string& codec) { return codec.starts_with("int") && codec.ends_with("per channel + zstd -19"); }},
};

std::vector<Curve> curves_of(const std::vector<bench::Outcome>& outcomes) {
  std::vector<Curve> out;
  for (const Family& family : kFamilies) {
    Curve curve{family.label, family.style, {}};
    for (const bench::Outcome& outcome : outcomes) {
      if (!outcome.lossless && family.holds(outcome.codec))
        curve.points.push_back({outcome.bits_per_value, outcome.nmse});
    }
    if (!curve.points.empty()) out.push_back(std::move(curve));
  }
  return out;
}

Curve bound_curve(const bench::Sample& sample) {
  constexpr int kPoints = 49;
  constexpr double kFinest = 0.0002;
  Curve curve{"Gaussian R(D)", "bound", {}};
  const bench::GaussianBound bound(sample);
  for (int i = 0; i < kPoints; ++i) {
    const double nmse = kFinest * std::pow(1 / kFinest, static_cast<double>(i) / (kPoints - 1));
    curve.points.push_back({bound.bits_per_value(nmse), nmse});
  }
  return curve;
}

void add_coefficient_bits(const bench::Sample& sample, const CollectOptions& options, TensorPart& part) {
  if (options.profile != nullptr) {
    part.coefficient_bits = coefficient_bits(*options.profile, kHeadlineNmse, part.coefficient_nmse);
    part.coefficient_source = "the profile's model";
    return;
  }
  FitOptions fit;
  fit.target_nmse = {kHeadlineNmse};
  if (options.lags) fit.lags = *options.lags;
  part.coefficient_bits = coefficient_bits(bench::fit(sample, fit), kHeadlineNmse, part.coefficient_nmse);
  part.coefficient_source = "a model fitted to this tensor";
}

}  // namespace

TensorPart measure_tensor(const Tensor& tensor, const CollectOptions& options) {
  const bench::Sample sample = measured_part(tensor);
  if (sample.energy <= 0) {
    throw bench::Failed{
        tensor.name, {ErrorCode::bad_argument, Error::kNoOffset, "every row is the same: there is nothing to measure"}};
  }
  TensorPart part;
  part.name = tensor.name;
  part.raw_bits = static_cast<unsigned>(8 * element_bytes(tensor.dtype));
  part.description = fmt::format("{} {}", to_string(tensor.shape), std::string(to_string(tensor.dtype)));
  if (sample.values.size() * element_bytes(tensor.dtype) < tensor.bytes.size()) {
    part.description += fmt::format(", its first {} rows measured", sample.rows);
  }
  part.outcomes = bench::measure(sample, runs_on(sample, options), {3, 0.5});
  part.curves = curves_of(part.outcomes);
  part.curves.push_back(bound_curve(sample));
  add_coefficient_bits(sample, options, part);
  return part;
}

}  // namespace actz::report
