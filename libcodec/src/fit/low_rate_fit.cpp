#include "fit/low_rate_fit.hpp"

#include "fit/equal_error.hpp"

namespace actz {
namespace {

constexpr double kBitsToTryStates = 1.0;  ///< per value; from here on 4 states have not won
constexpr double kBitsToTryLags = 0.5;
constexpr double kLeastGain = 0.002;  ///< of the bits: less is within the chance of the held-out rows
constexpr unsigned kFewerStateBits = 2;

}  // namespace

RungFit choose_for_low_rate(RungFit first, TrainingRows& rows, const std::vector<double>& centre,
                            const RungOptions& options) {
  if (first.held_out.bits_per_value >= kBitsToTryStates || options.wide || rows.held_out.empty()) return first;
  RungOptions chosen = options;
  RungFit best = std::move(first);
  double best_bits = held_out_bits(best, rows, options);
  const auto try_fit = [&](const RungOptions& other) {
    RungFit fit = fit_rung(rows, centre, other);
    const double bits = held_out_bits(fit, rows, other);
    if (!(bits < best_bits * (1 - kLeastGain))) return;
    best = std::move(fit);
    best_bits = bits;
    chosen = other;
  };
  if (options.choose_states && options.state_bits > kFewerStateBits) {
    RungOptions fewer = chosen;
    fewer.state_bits = kFewerStateBits;
    try_fit(fewer);
  }
  if (best_bits >= kBitsToTryLags) return best;
  RungOptions fewer = chosen;
  while (fewer.lags.size() > 1) {
    fewer.lags.pop_back();
    try_fit(fewer);
  }
  return best;
}

}  // namespace actz
