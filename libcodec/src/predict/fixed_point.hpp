#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace actz {

inline constexpr float kLargestFixed = 1073741824.0F;  ///< 2^30

/// A number in fixed-point units, rounded to an integer, ties to even, within ±2^30; NaN is 0
/// (format_spec/04_transforms.md).
inline std::int32_t round_to_fixed(float scaled) {
  if (std::isnan(scaled)) return 0;
  constexpr double kRoundingShift = 6755399441055744.0;  // a sum with 1.5 · 2^52 in binary64 is an integer
  const double rounded = double{std::clamp(scaled, -kLargestFixed, kLargestFixed)} + kRoundingShift;
  return static_cast<std::int32_t>(rounded - kRoundingShift);
}

}  // namespace actz
