#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace actz {

/// Whether none of the values is an infinity or a NaN. On bit patterns, for comparisons of floats keep compilers from
/// vectorising.
inline bool all_finite(const float* values, std::size_t count) {
  constexpr std::uint32_t kExponent = 0x7F800000u;
  std::uint32_t others = 0;
  for (std::size_t i = 0; i < count; ++i) {
    others |= (std::bit_cast<std::uint32_t>(values[i]) & kExponent) == kExponent ? 1u : 0u;
  }
  return others == 0;
}
inline bool all_finite(const double* values, std::size_t count) {
  constexpr std::uint64_t kExponent = 0x7FF0000000000000u;
  std::uint64_t others = 0;
  for (std::size_t i = 0; i < count; ++i) {
    others |= (std::bit_cast<std::uint64_t>(values[i]) & kExponent) == kExponent ? 1u : 0u;
  }
  return others == 0;
}

}  // namespace actz
