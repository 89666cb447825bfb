#include "pipeline/unit_search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/try.hpp"
#include "fit/rung_fit.hpp"
#include "linear/channel_sums.hpp"
#include "tensor/finite.hpp"
#include "tensor/float_convert.hpp"

namespace actz {
namespace {

constexpr std::uint64_t kEnergyValues = 1u << 24;  ///< values that the energy is taken over
constexpr std::uint64_t kEnergyPieceValues = 1u << 16;
constexpr unsigned kTrials = 6;
constexpr double kMissed = 0.03;        ///< of what is wanted, as a logarithm
constexpr unsigned kMatchedTrials = 8;  ///< errors jump where rows change from one match to another, or to none
/// At least, where rows are matched: a trial so near, with the same matches, tells less than it takes.
constexpr double kMatchedAcceptedStep = 0.025;
constexpr double kAcceptedRateError = 0.02;  ///< of a rate, for a correction to need no trial after it
constexpr double kLargestStep = 1.4;         ///< of a correction, as a logarithm
/// So many times from what the energy of the tensor lets expect, a unit is of tensors of another scale.
constexpr double kOtherScale = 4;
constexpr double kRoughStep = 0.1;
constexpr double kTolerance = 0.002;
constexpr double kRepeatTolerance = 0.01;  ///< where rows repeat, and no unit is taken that was not tried
constexpr double kNearUnit = 0.02;         ///< so little of a change leaves the matches of rows as they are
constexpr std::size_t kFewestForRegression = 6;
constexpr double kUnknownError = 1;
constexpr double kBitsPerMiss = 0.5 / std::numbers::ln2;  ///< 6 dB per bit

struct Estimate {
  double mean = 0;            ///< per value
  double relative_error = 0;  ///< standard error over the mean
};

/// Mean over the tensor of a quantity measured on the strands of a sample: the regression estimator of survey sampling
/// (Cochran, Sampling Techniques, chapter 7), with the energy per value as the auxiliary variable.
Estimate regress(const std::vector<StrandTrial>& strands, double StrandTrial::*quantity, double energy) {
  double values = 0, sum_y = 0, sum_x = 0;
  for (const StrandTrial& strand : strands) {
    values += strand.values;
    sum_y += strand.*quantity;
    sum_x += strand.energy;
  }
  const double mean_y = sum_y / values;
  const double mean_x = sum_x / values;
  const auto [least, largest] = std::minmax_element(
      strands.begin(), strands.end(),
      [](const StrandTrial& a, const StrandTrial& b) { return a.energy * b.values < b.energy * a.values; });
  // Massive tokens that the sample lacks leave nothing to interpolate between.
  const bool within = energy * least->values >= least->energy && energy * largest->values <= largest->energy;
  if (strands.size() < kFewestForRegression || !within) return {mean_y, kUnknownError};
  double xy = 0, xx = 0, yy = 0;
  for (const StrandTrial& strand : strands) {
    const double x = strand.energy / strand.values - mean_x;
    const double y = strand.*quantity / strand.values - mean_y;
    xy += strand.values * x * y;
    xx += strand.values * x * x;
    yy += strand.values * y * y;
  }
  const double slope = xx > 0 ? xy / xx : 0;
  const double mean = std::max(mean_y + slope * (energy - mean_x), 0.1 * mean_y);
  const double variance = std::max(yy - slope * xy, 0.0) / values / static_cast<double>(strands.size() - 2);
  return {mean, std::sqrt(variance) / std::max(mean, 1e-300)};
}

/// Makes a strand count for so many.
void weigh(StrandTrial& strand, double strands) {
  for (double StrandTrial::*sum :
       {&StrandTrial::values, &StrandTrial::energy, &StrandTrial::squared_error, &StrandTrial::bits}) {
    strand.*sum *= strands;
  }
}

double bits_per_value(std::span<const StrandTrial> strands) {
  double bits = 0, values = 0;
  for (const StrandTrial& strand : strands) {
    bits += strand.bits;
    values += strand.values;
  }
  return bits / std::max(values, 1.0);
}

/// The unit to begin with, or where the tensor is of another scale than those a model was learned from, one that suits
/// it at high rate.
double unit_at_scale(const CodecModel& model, double unit, double squared_error) {
  const double expected = std::sqrt(squared_error / noise_per_step_squared(model.state_bits)) / (1 << kFractionBits);
  if (!(expected > 0)) return unit;
  return std::fabs(std::log(unit / expected)) > std::log(kOtherScale) ? expected : unit;
}

/// Where a quantity that jumps passes what is wanted, in log units.
struct Bracket {
  std::optional<double> met;     ///< the last that was not too much
  std::optional<double> missed;  ///< the last that was
  void add(double log_unit, double error) { (error <= 0 ? met : missed) = log_unit; }
  /// The proposal, or the middle if it leaves the bracket.
  double inside(double proposal) const {
    if (!met || !missed) return proposal;
    const auto [low, high] = std::minmax(*met, *missed);
    return proposal > low && proposal < high ? proposal : (low + high) / 2;
  }
};

}  // namespace

Result<std::optional<TensorMoments>> measure_moments(BufferedElements& elements, DType dtype,
                                                     const TensorViewPlan& view) {
  if (!elements.rewindable()) return std::optional<TensorMoments>{};
  const std::uint64_t d = view.channels;
  const std::uint64_t rows = view.sequences * view.rows;
  const std::uint64_t piece_rows = std::clamp<std::uint64_t>(kEnergyPieceValues / d, 1, rows);
  const std::uint64_t every = std::max<std::uint64_t>(1, rows * d / kEnergyValues);
  std::vector<double> zero(d), sum(d), square(d);
  std::vector<std::byte> bytes;
  std::vector<float> values;
  double count = 0;
  for (std::uint64_t first = 0; first < rows; first += piece_rows * every) {
    const std::uint64_t take = std::min(piece_rows, rows - first);
    values.resize(static_cast<std::size_t>(take * d));
    ACTZ_TRY(const auto there, elements.view_or_read(first * d, values.size() * element_bytes(dtype), bytes));
    const float* from = view_as_f32(dtype, there, values);
    if (!all_finite(from, values.size())) {
      if (from != values.data()) std::copy_n(from, values.size(), values.begin());
      std::replace_if(
          values.begin(), values.end(), [](float x) { return !std::isfinite(x); }, 0.0F);
      from = values.data();
    }
    for (std::uint64_t row = 0; row < take; ++row) {
      add_moments(from + row * d, zero.data(), sum.data(), square.data(), d);
    }
    count += static_cast<double>(take);
  }
  TensorMoments out;
  double energy = 0;
  for (std::size_t c = 0; c < d; ++c) {
    energy += square[c] - sum[c] * sum[c] / count;
    out.mean.push_back(sum[c] / count);
  }
  out.energy_per_value = std::max(energy, 0.0) / (count * static_cast<double>(d));
  return std::optional(std::move(out));
}

Result<double> nmse_of_psnr(BufferedElements& elements, DType dtype, const TensorViewPlan& view, double psnr_db) {
  const std::uint64_t count = view.sequences * view.rows * view.channels;
  float lowest = std::numeric_limits<float>::infinity();
  float highest = -lowest;
  std::vector<float> values;
  const auto widen = [&](std::span<const std::byte> bytes) {
    values.resize(bytes.size() / element_bytes(dtype));
    floats_to_f32(dtype, bytes, values);
    for (const float value : values) {
      if (!std::isfinite(value)) continue;
      lowest = std::min(lowest, value);
      highest = std::max(highest, value);
    }
  };
  std::vector<std::byte> bytes;
  for (std::uint64_t first = 0; elements.rewindable() && first < count; first += kEnergyPieceValues) {
    bytes.resize(static_cast<std::size_t>(std::min(kEnergyPieceValues, count - first)) * element_bytes(dtype));
    ACTZ_CHECK(elements.read(first, bytes));
    widen(bytes);
  }
  double energy = 0;
  if (elements.rewindable()) {
    ACTZ_TRY(const auto whole, measure_moments(elements, dtype, view));
    energy = whole->energy_per_value;
  } else {
    const std::uint64_t front = std::min(count, std::max<std::uint64_t>(kEnergyPieceValues, view.rows * view.channels));
    ACTZ_TRY(const auto ahead, elements.look_ahead(front));
    widen(ahead);
    ACTZ_TRY(const auto sample, sample_tensor(elements, dtype, view, view.rows, front));
    energy = sample.energy / static_cast<double>(sample.rows.values.size());
  }
  const double range = lowest < highest ? double{highest} - double{lowest} : 1.0;
  return std::clamp(range * range * std::pow(10.0, -psnr_db / 10) / std::max(energy, 1e-300), 1e-12, 0.99);
}

FoundUnit find_unit(const CodecModel& model, const LossyRowEncoder& encoder, TensorSample& sample,
                    std::optional<double> energy, const UnitTarget& target, double first_unit,
                    const SearchOptions& search) {
  if (sample.energy <= 0) return {first_unit, 0};
  const double tensor_energy = energy.value_or(sample.energy / static_cast<double>(sample.rows.values.size()));
  double log_unit = std::log(unit_at_scale(model, first_unit, search.expected_nmse * tensor_energy));
  double last_log_unit = 0, last_error = 0;
  Estimate got;
  MatchedRows matched;  // of the last trial whose unit was not near this one's
  double matched_at = log_unit;
  Bracket bracket;
  const bool jumps = model.match.classes > 0;
  const double accepted_step =
      std::max({search.accepted_step, jumps ? kMatchedAcceptedStep : 0.0, search.roughly ? kRoughStep : 0.0});
  // Of few bits, a small step is worth a large part.
  const double most_error = target.bits_per_value && !search.roughly
                                ? kAcceptedRateError * *target.bits_per_value * std::numbers::ln2
                                : std::numeric_limits<double>::infinity();
  const bool repeats = jumps && target.decisions.repeat_slope != 1;
  const double tolerance = search.roughly ? kRoughStep : repeats ? kRepeatTolerance : kTolerance;
  double least_error = std::numeric_limits<double>::infinity();
  FoundUnit nearest;
  for (unsigned trial = 0; trial < (jumps ? kMatchedTrials : kTrials); ++trial) {
    const auto unit = static_cast<double>(static_cast<float>(std::exp(log_unit)));
    if (repeats || std::fabs(log_unit - matched_at) > kNearUnit) {
      matched.matches.clear();
      matched_at = log_unit;
    }
    Trial measured = try_encoder(
        encoder, model, sample.rows, sample.rows.train,
        {unit, target.decisions, std::nullopt, search.wants_bits || target.bits_per_value.has_value(), search.warm_rows,
         search.threads, search.stored, &matched, search.chunk_values, search.most_sources, search.centre_gain});
    for (std::size_t i = sample.front_strands; i < measured.strands.size(); ++i)
      weigh(measured.strands[i], sample.rest_weight);
    // Errors and their slopes at high rate: log NMSE grows twice as fast as log unit, a bit is log 2 of the unit.
    double error = 0, slope = 0;
    if (target.bits_per_value) {
      got = regress(measured.strands, &StrandTrial::bits, tensor_energy);
      error = (got.mean - *target.bits_per_value) * std::numbers::ln2;
      slope = -1;
    } else {
      got = regress(measured.strands, &StrandTrial::squared_error, tensor_energy);
      error = std::log(got.mean / tensor_energy / *target.nmse);
      slope = 2;
    }
    if (std::fabs(error) < least_error) {
      least_error = std::fabs(error);
      const double bits = target.nmse ? bits_per_value(measured.strands) + error * kBitsPerMiss : 0;
      nearest = {unit, got.relative_error, least_error, search.wants_bits ? bits : 0};
    }
    if (least_error <= tolerance) return nearest;
    if (trial > 0 && std::fabs(log_unit - last_log_unit) > 1e-6) {
      const double secant = (error - last_error) / (log_unit - last_log_unit);
      if (secant / slope > 0.1 && secant / slope < 4) slope = secant;
    }
    last_log_unit = log_unit;
    last_error = error;
    const double step = std::clamp(error / slope, -kLargestStep, kLargestStep);
    log_unit -= step;
    if (jumps) {
      bracket.add(last_log_unit, error);
      log_unit = bracket.inside(log_unit);
    }
    if (repeats) continue;
    if (std::fabs(step) < accepted_step && std::fabs(error) < most_error)
      return {std::exp(log_unit), got.relative_error, 0, nearest.bits};
    if (std::fabs(log_unit - last_log_unit) < accepted_step) break;  // the error jumps here
  }
  if (repeats) return nearest;
  if (std::fabs(last_error) > kMissed && bracket.met)
    return {std::exp(*bracket.met), got.relative_error, least_error, nearest.bits};
  return {std::exp(log_unit), got.relative_error, least_error, nearest.bits};
}

}  // namespace actz
