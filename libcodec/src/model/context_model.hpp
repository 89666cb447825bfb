#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "generated/format_limits.hpp"
#include "model/class_tables.hpp"

namespace actz {

/// Model kind `context`: the table of a coefficient follows from the coefficient, from the magnitudes of those before
/// it in its row, and from the quantiser in use (format_spec/06_models.md).
///
/// A symbol is the zigzag code (0, −1, 1, −2, …) of the index after its raw bits were removed, if below the code count
/// of its table; else it is the escape.
struct ContextModel {
  static constexpr std::uint8_t kEscapeSymbol = 255;

  ClassTables tables;                    ///< each of kMaxSymbols frequencies, those from its code count to 254 zero
  std::vector<std::uint8_t> code_count;  ///< per table: symbols before the escape, 0…255
  unsigned bins = 1;
  unsigned quantizers = 1;                ///< 2 for a dependent quantiser
  std::vector<std::uint16_t> thresholds;  ///< bins − 1, not descending: the bin is the number of them ≤ activity
  std::vector<std::uint16_t> weight;      ///< per coefficient: 256 over its mean magnitude
  std::vector<std::uint8_t> raw_bits;     ///< per coefficient: low bits of the index that are stored as they are
  std::vector<std::uint8_t> table_of;     ///< coefficients × bins × quantizers

  std::uint32_t coefficients() const { return static_cast<std::uint32_t>(weight.size()); }
  std::uint8_t table(std::size_t coefficient, unsigned bin, unsigned quantizer) const {
    return table_of[(coefficient * bins + bin) * quantizers + quantizer];
  }
  /// Bin of an activity.
  unsigned bin_of(std::int32_t activity) const {
    unsigned bin = 0;
    for (const std::uint16_t threshold : thresholds) bin += activity >= threshold;
    return bin;
  }
};

/// The activity of a row after one more coefficient; it begins at kActivityStart. It is 32 times the decaying mean of
/// the magnitudes, each in 1/256 of its coefficient's mean.
/// @param magnitude  of the index without its raw bits; times weight it stays below 2^31.
inline std::int32_t next_activity(std::int32_t activity, std::int32_t magnitude, std::int32_t weight) {
  return activity - (activity >> kActivityDecayShift) + std::min(magnitude * weight, kActivityTermLimit);
}

/// 0, −1, 1, −2, 2 … as 0, 1, 2, 3, 4 …
inline std::uint32_t zigzag(std::int32_t value) {
  return (static_cast<std::uint32_t>(value) << 1) ^ static_cast<std::uint32_t>(value >> 31);
}
inline std::int32_t unzigzag(std::uint32_t code) { return static_cast<std::int32_t>((code >> 1) ^ (~(code & 1) + 1)); }

}  // namespace actz
