#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "model/bins.hpp"

namespace actz {

/// Appends fields of up to 56 bits with one unaligned store each, into bytes sized beforehand.
class OffsetWriter {
 public:
  explicit OffsetWriter(std::size_t capacity_bits) : out_(capacity_bits / 8 + 16) {}

  /// @param field  below 2^width_bits.
  void put(std::uint64_t field, unsigned width_bits) {
    pending_ |= field << filled_bits_;
    store_le(&out_[at_byte_], pending_);
    const unsigned end_bits = filled_bits_ + width_bits;
    at_byte_ += end_bits / 8;
    pending_ >>= end_bits & ~7u;
    filled_bits_ = end_bits & 7;
  }

  std::vector<std::byte> finish() {
    out_.resize(at_byte_ + (filled_bits_ + 7) / 8);
    return std::move(out_);
  }

 private:
  std::vector<std::byte> out_;
  std::size_t at_byte_ = 0;
  std::uint64_t pending_ = 0;
  unsigned filled_bits_ = 0;
};

/// Writes the offsets of elements in their bins, those of several elements as one field where they fit.
class BinOffsets {
 public:
  explicit BinOffsets(const BinTable& table);
  /// @param elements  little-endian, of the table's width.
  /// @param symbols   their symbols.
  void append(std::span<const std::byte> elements, const std::uint8_t* symbols, OffsetWriter& to) const;

 private:
  struct Place {
    std::uint64_t base = 0;  ///< shifted to its place in the element
    std::uint32_t width_bits = 0;
  };
  template <class T>
  void append_all(std::span<const std::byte> elements, const std::uint8_t* symbols, OffsetWriter& to) const;
  template <class T, std::size_t kGroup>
  void append_run(const std::byte* elements, const std::uint8_t* symbols, std::size_t count, OffsetWriter& to) const;

  std::vector<Place> places_;  ///< one per symbol but the escape
  unsigned element_bits_;
  unsigned low_zero_bits_;
  unsigned widest_bits_ = 1;
};

}  // namespace actz
