#pragma once

#include <cstdint>

namespace actz {

/// Caps of the format on the parts of a model (format_spec/09_limits.md). A decoder refuses more as corrupt.
inline constexpr std::uint32_t kMaxChannels = 1u << 16;
inline constexpr unsigned kMaxLags = 16;
inline constexpr std::uint16_t kMaxLag = 4096;
inline constexpr std::uint64_t kMaxMatrixElements = 1u << 26;
inline constexpr unsigned kMaxClasses = 256;
inline constexpr unsigned kMaxRawBits = 14;
inline constexpr unsigned kMaxSynthesisShift = 15;
inline constexpr unsigned kMaxShift = 31;
inline constexpr unsigned kTableRowCoefficients = 16;  ///< coefficients whose table differences share a Rice parameter

}  // namespace actz
