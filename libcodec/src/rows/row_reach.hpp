#pragma once

#include <cmath>

namespace actz {

inline constexpr float kRowReach = 1e9F;  ///< beyond it a fixed-point row would leave int32

/// A value in fixed-point units as encoders take it: what is no number or beyond reach is 0, and patched later.
inline float within_reach(float value) { return std::fabs(value) < kRowReach ? value : 0.0F; }

}  // namespace actz
