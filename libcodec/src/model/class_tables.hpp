#pragma once

#include <cstdint>
#include <vector>

namespace actz {

/// Largest alphabet of a class: symbols are 0…255.
inline constexpr unsigned kMaxSymbols = 256;
inline constexpr unsigned kMinPrecisionBits = 8;
inline constexpr unsigned kMaxPrecisionBits = 12;

/// Integer frequencies of one class. Their sum is 1 << precision_bits; a symbol whose frequency is 0
/// cannot be coded.
using ClassFrequencies = std::vector<std::uint16_t>;

/// The integer distributions of a model, one per class, all of one precision.
struct ClassTables {
  unsigned precision_bits = kMaxPrecisionBits;
  std::vector<ClassFrequencies> classes;
};

}  // namespace actz
