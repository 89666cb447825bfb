#pragma once

#include <cstdint>
#include <vector>

#include "generated/format_limits.hpp"

namespace actz {

/// Integer frequencies of one class. Their sum is 1 << precision_bits; a symbol whose frequency is 0
/// cannot be coded.
using ClassFrequencies = std::vector<std::uint16_t>;

/// The integer distributions of a model, one per class, all of one precision.
struct ClassTables {
  unsigned precision_bits = kMaxPrecisionBits;
  std::vector<ClassFrequencies> classes;
};

}  // namespace actz
