#pragma once

#include <cstdint>
#include <vector>

namespace actz {

/// One symbol of a lossless model: the bit patterns base … base + 2^width_bits − 1, of an element whose
/// `low_zero_bits` were removed; the offset into the bin follows in the bypass stream.
struct Bin {
  static constexpr std::uint8_t kEscape = 255;  ///< width of the bin that stands for any element, stored whole

  std::uint64_t base = 0;
  std::uint8_t width_bits = 0;
};

struct BinTable {
  std::uint8_t element_bits = 32;  ///< 8, 16, 32 or 64
  std::uint8_t low_zero_bits = 0;  ///< bits at the bottom of every element that are 0 (bf16 stored as f32: 16)
  std::vector<Bin> bins;           ///< one per symbol, at most kMaxSymbols
};

}  // namespace actz
