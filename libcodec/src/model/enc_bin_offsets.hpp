#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "model/bins.hpp"

namespace actz {

/// Where offsets are being written: fields of up to 56 bits, with one unaligned store each. Loops keep a copy in
/// registers, for the bytes they store could otherwise be the cursor's own.
struct OffsetCursor {
  static constexpr std::size_t kSlackBytes = 16;  ///< past the last field, used for whole stores

  std::byte* next_byte;
  std::uint64_t pending = 0;
  unsigned filled_bits = 0;

  /// @param field  below 2^width_bits.
  void put(std::uint64_t field, unsigned width_bits) {
    pending |= field << filled_bits;
    store_le(next_byte, pending);
    const unsigned end_bits = filled_bits + width_bits;
    next_byte += end_bits / 8;
    pending >>= end_bits & ~7u;
    filled_bits = end_bits & 7;
  }
  const std::byte* end() const { return next_byte + (filled_bits + 7) / 8; }
};

/// Writes the offsets of elements in their bins, those of several elements as one field where they fit.
class BinOffsets {
 public:
  explicit BinOffsets(const BinTable& table);
  /// @param elements  little-endian, of the table's width.
  /// @param symbols   their symbols.
  /// @param to        room for all elements as they are and OffsetCursor::kSlackBytes; what lies past the end is
  /// undefined.
  /// @return the end of what was written.
  const std::byte* write(std::span<const std::byte> elements, const std::uint8_t* symbols, std::byte* to) const;

 private:
  struct Place {
    std::uint64_t base = 0;  ///< shifted to its place in the element
    std::uint32_t width_bits = 0;
  };
  template <class T>
  const std::byte* write_all(std::span<const std::byte> elements, const std::uint8_t* symbols, std::byte* to) const;
  template <class T, std::size_t kGroup>
  OffsetCursor write_run(const std::byte* elements, const std::uint8_t* symbols, std::size_t count,
                         OffsetCursor to) const;

  std::vector<Place> places_;  ///< one per symbol but the escape
  unsigned element_bits_;
  unsigned low_zero_bits_;
  unsigned widest_bits_ = 1;
};

}  // namespace actz
