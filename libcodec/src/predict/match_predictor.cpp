#include "predict/match_predictor.hpp"

#include <algorithm>

#include "linear/int_linear.hpp"

namespace actz {
namespace {

constexpr std::int32_t kHalf = 1 << (MatchModel::kGainBits - 1);

/// A value of a matched row, damped. Clamped to 23 bits, so that the product with a gain of 8 fits.
std::int32_t damped(std::int32_t value, std::int32_t gain) {
  const std::int32_t clamped = std::clamp(value, -MatchModel::kLargestInput, MatchModel::kLargestInput);
  return (clamped * gain + kHalf) >> MatchModel::kGainBits;
}

std::int32_t wrapping(std::uint32_t value) { return static_cast<std::int32_t>(value); }

}  // namespace

void MatchPredictor::add(const MatchMemory& memory, const RowMatch& match, unsigned shift, std::int32_t* acc) const {
  if (match.match_class == 0) return;
  const std::int32_t* const matched = memory.at(match.address);
  const std::uint8_t* const gain = model_.gain_of(match.match_class, channels_);
  for (std::size_t c = 0; c < channels_; ++c) {
    const auto term = static_cast<std::uint32_t>(damped(matched[c], gain[c])) << shift;
    acc[c] = wrapping(static_cast<std::uint32_t>(acc[c]) + term);
  }
}

bool MatchPredictor::lag_input(const MatchMemory& memory, std::size_t row, std::size_t lag, const RowMatch& match,
                               std::int32_t* work, std::int16_t* input) const {
  const std::int32_t* const own = memory.decoded(row - lag);
  if (match.match_class == 0) {
    round_shift_saturate(own, input_shift_.data(), input, channels_);
    return true;
  }
  const std::int32_t* const matched = memory.before(match.address, lag);
  if (matched == nullptr) return false;
  const std::uint8_t* const gain = model_.gain_of(match.match_class, channels_);
  for (std::size_t c = 0; c < channels_; ++c) {
    const auto term = static_cast<std::uint32_t>(damped(matched[c], gain[c]));
    work[c] = wrapping(static_cast<std::uint32_t>(own[c]) - term);
  }
  round_shift_saturate(work, input_shift_.data(), input, channels_);
  return true;
}

}  // namespace actz
