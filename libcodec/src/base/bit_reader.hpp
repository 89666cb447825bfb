#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include "base/bytes.hpp"

namespace actz {

/// Reads the bit fields of BitWriter. Past the end it returns zeros and `overrun()` becomes true,
/// so that loops need one check at the end and can never read foreign memory.
class BitReader {
 public:
  explicit BitReader(std::span<const std::byte> data) : data_(data) {}

  /// @param width_bits 0…64
  std::uint64_t bits(unsigned width_bits) {
    if (width_bits > 32) {
      const std::uint64_t low = take(32);
      return low | (take(width_bits - 32) << 32);
    }
    return take(width_bits);
  }

  /// Empty when more than 32 zeros lead (no such code exists) or the data ends.
  std::optional<std::uint32_t> exp_golomb() {
    unsigned zeros = 0;
    while (take(1) == 0) {
      if (++zeros > 31 || overrun()) return std::nullopt;
    }
    const std::uint64_t value = (std::uint64_t{1} << zeros) | take(zeros);
    return static_cast<std::uint32_t>(value - 1);
  }

  std::uint64_t position_bits() const { return position_bits_; }
  bool overrun() const { return position_bits_ > std::uint64_t{data_.size()} * 8; }
  /// True when all bits but at most seven zero padding bits were read.
  bool at_end() {
    if (overrun() || (position_bits_ + 7) / 8 != data_.size()) return false;
    return take(static_cast<unsigned>(data_.size() * 8 - position_bits_)) == 0;
  }

 private:
  std::uint64_t take(unsigned width_bits) {  // ≤ 32
    const std::uint64_t at_byte = position_bits_ / 8;
    std::uint64_t window = 0;
    if (at_byte + 8 <= data_.size()) {
      window = load_le<std::uint64_t>(data_.data() + at_byte);
    } else {
      for (std::uint64_t i = at_byte; i < data_.size(); ++i) {
        window |= static_cast<std::uint64_t>(data_[static_cast<std::size_t>(i)]) << (8 * (i - at_byte));
      }
    }
    window >>= position_bits_ % 8;
    position_bits_ += width_bits;
    return window & ((std::uint64_t{1} << width_bits) - 1);
  }

  std::span<const std::byte> data_;
  std::uint64_t position_bits_ = 0;
};

}  // namespace actz
