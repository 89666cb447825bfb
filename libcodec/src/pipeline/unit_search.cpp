#include "pipeline/unit_search.hpp"

#include <algorithm>
#include <cmath>

#include "base/try.hpp"
#include "fit/rung_fit.hpp"
#include "tensor/finite.hpp"
#include "tensor/float_convert.hpp"

namespace actz {
namespace {

constexpr std::uint64_t kEnergyValues = 1u << 24;       ///< values that the energy is taken over
constexpr std::uint64_t kEnergyPieceValues = 1u << 16;
constexpr unsigned kTrials = 4;
constexpr double kAcceptedStep = 0.03;                  ///< a correction of the unit so small needs no trial after it
constexpr double kTolerance = 0.002;
constexpr std::size_t kFewestForRegression = 6;

/// Mean over the tensor of a quantity measured on the strands of a sample: the regression estimator of survey sampling
/// (Cochran, Sampling Techniques, chapter 7), with the energy per value as the auxiliary variable.
double regress(const std::vector<StrandTrial>& strands, double StrandTrial::*quantity, double energy) {
  double values = 0, sum_y = 0, sum_x = 0;
  for (const StrandTrial& strand : strands) {
    values += strand.values;
    sum_y += strand.*quantity;
    sum_x += strand.energy;
  }
  const double mean_y = sum_y / values;
  const double mean_x = sum_x / values;
  const auto [least, largest] = std::minmax_element(strands.begin(), strands.end(), [](const StrandTrial& a, const StrandTrial& b) {
    return a.energy * b.values < b.energy * a.values;
  });
  // Massive tokens that the sample lacks leave nothing to interpolate between.
  const bool within = energy * least->values >= least->energy && energy * largest->values <= largest->energy;
  if (strands.size() < kFewestForRegression || !within) return mean_y;
  double xy = 0, xx = 0;
  for (const StrandTrial& strand : strands) {
    const double x = strand.energy / strand.values - mean_x;
    xy += strand.values * x * (strand.*quantity / strand.values - mean_y);
    xx += strand.values * x * x;
  }
  const double slope = xx > 0 ? xy / xx : 0;
  return std::max(mean_y + slope * (energy - mean_x), 0.1 * mean_y);
}

/// Adds a row and its squares to the sums of the channels.
void add_moments(const float* __restrict row, double* __restrict sum, double* __restrict square, std::size_t channels) {
  for (std::size_t c = 0; c < channels; ++c) {
    const double x = double{row[c]};
    sum[c] += x;
    square[c] += x * x;
  }
}

}  // namespace

Result<std::optional<double>> energy_per_value(BufferedElements& elements, DType dtype, const TensorViewPlan& view) {
  if (!elements.rewindable()) return std::optional<double>{};
  const std::uint64_t d = view.channels;
  const std::uint64_t rows = view.sequences * view.rows;
  const std::uint64_t piece_rows = std::clamp<std::uint64_t>(kEnergyPieceValues / d, 1, rows);
  const std::uint64_t every = std::max<std::uint64_t>(1, rows * d / kEnergyValues);
  std::vector<double> sum(d), square(d);
  std::vector<std::byte> bytes;
  std::vector<float> values;
  double count = 0;
  for (std::uint64_t first = 0; first < rows; first += piece_rows * every) {
    const std::uint64_t take = std::min(piece_rows, rows - first);
    bytes.resize(static_cast<std::size_t>(take * d) * element_bytes(dtype));
    values.resize(static_cast<std::size_t>(take * d));
    ACTZ_CHECK(elements.read(first * d, bytes));
    floats_to_f32(dtype, bytes, values);
    for (std::uint64_t row = 0; row < take; ++row) {
      float* const from = &values[static_cast<std::size_t>(row * d)];
      if (!all_finite(from, d)) {
        std::replace_if(from, from + d, [](float x) { return !std::isfinite(x); }, 0.0F);
      }
      add_moments(from, sum.data(), square.data(), d);
    }
    count += static_cast<double>(take);
  }
  double energy = 0;
  for (std::size_t c = 0; c < d; ++c) energy += square[c] - sum[c] * sum[c] / count;
  return std::optional(std::max(energy, 0.0) / (count * static_cast<double>(d)));
}

double find_unit(const CodecModel& model, const LossyRowEncoder& encoder, TensorSample& sample, std::optional<double> energy, const UnitTarget& target,
                 double first_unit, std::size_t warm_rows) {
  if (sample.energy <= 0) return first_unit;
  const double tensor_energy = energy.value_or(sample.energy / static_cast<double>(sample.rows.values.size()));
  double log_unit = std::log(first_unit);
  double last_log_unit = 0, last_error = 0;
  for (unsigned trial = 0; trial < kTrials; ++trial) {
    const auto unit = static_cast<double>(static_cast<float>(std::exp(log_unit)));
    const Trial got = try_encoder(encoder, model, sample.rows, sample.rows.train, {unit, target.decisions, std::nullopt, warm_rows});
    // Errors and their slopes at high rate: log NMSE grows twice as fast as log unit, a bit is log 2 of the unit.
    double error = 0, slope = 0;
    if (target.bits_per_value) {
      error = (regress(got.strands, &StrandTrial::bits, tensor_energy) - *target.bits_per_value) * std::log(2.0);
      slope = -1;
    } else {
      error = std::log(regress(got.strands, &StrandTrial::squared_error, tensor_energy) / tensor_energy / *target.nmse);
      slope = 2;
    }
    if (std::fabs(error) <= kTolerance) return unit;
    if (trial > 0 && std::fabs(log_unit - last_log_unit) > 1e-6) {
      const double secant = (error - last_error) / (log_unit - last_log_unit);
      if (secant / slope > 0.1 && secant / slope < 4) slope = secant;
    }
    last_log_unit = log_unit;
    last_error = error;
    log_unit -= std::clamp(error / slope, -1.4, 1.4);
    if (std::fabs(log_unit - last_log_unit) < kAcceptedStep) break;
  }
  return std::exp(log_unit);
}

}  // namespace actz
