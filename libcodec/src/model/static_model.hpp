#pragma once

#include <cstdint>
#include <vector>

#include "model/class_tables.hpp"

namespace actz {

/// How the symbols of one class of quantised coefficients map to integers:
/// symbol s < escape stands for q = ((s + lowest) << raw_bits) + raw, raw read from the bypass stream;
/// the last symbol is the escape, whose value follows in the bypass stream (format_spec/06_models.md).
struct SymbolRange {
  std::int32_t lowest = 0;    ///< of q >> raw_bits
  std::uint8_t raw_bits = 0;  ///< 0…14
};

/// Model kind `static`: a class for every coefficient, fixed for the whole tensor.
struct StaticModel {
  ClassTables tables;
  std::vector<SymbolRange> ranges;     ///< one per class; empty for lossless models, whose bins map symbols
  std::vector<std::uint8_t> class_of;  ///< one per coefficient

  unsigned escape_symbol(unsigned class_index) const {
    return static_cast<unsigned>(tables.classes[class_index].size()) - 1;
  }
};

}  // namespace actz
