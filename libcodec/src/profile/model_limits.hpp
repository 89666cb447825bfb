#pragma once

#include <cstdint>

#include "generated/format_limits.hpp"

namespace actz {

/// Ids of the parts that have one kind so far (registry/quantisers.csv, registry/entropy_models.csv).
inline constexpr std::uint8_t kQuantiserUniform = 1;
inline constexpr std::uint8_t kEntropyStatic = 1;

}  // namespace actz
