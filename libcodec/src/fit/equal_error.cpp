#include "fit/equal_error.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace actz {
namespace {

constexpr unsigned kTrials = 6;
constexpr double kNmseTolerance = 0.03;
constexpr double kMostMissed = 1.2;    ///< of the wanted NMSE
constexpr double kLeastChange = 0.02;  ///< of ln NMSE, between two trials: less gives no slope

}  // namespace

double held_out_bits(const RungFit& fit, TrainingRows& rows, const RungOptions& options) {
  double unit = double{fit.model.unit};
  MatchedRows matched;  // chosen in the first trial, taken over by the others
  Measured before;
  Measured now = fit.held_out;
  const auto missed = [&](const Measured& measured) { return std::log(std::max(measured.nmse, 1e-30) / options.nmse); };
  for (unsigned trial = 0; trial < kTrials; ++trial) {
    if (trial > 0 && std::fabs(missed(now)) < kNmseTolerance) break;
    const double change = std::clamp(-missed(now), -2.0, 2.0);
    unit *= std::exp(0.5 * std::copysign(std::max(std::fabs(change), kLeastChange), change));
    before = now;
    now = try_model(fit.model, rows, rows.held_out,
                    {unit, options.decisions, std::nullopt, true, 0, 1, nullptr, &matched})
              .measured;
  }
  if (missed(now) > std::log(kMostMissed)) return std::numeric_limits<double>::infinity();
  const double slope = (now.bits_per_value - before.bits_per_value) / (missed(now) - missed(before));
  const double steepest = -0.5 / std::log(2.0);  // 6 dB per bit
  return now.bits_per_value - missed(now) * (std::isfinite(slope) ? std::clamp(slope, steepest, 0.0) : steepest);
}

}  // namespace actz
