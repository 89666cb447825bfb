#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"

namespace actz {

/// Appends bit fields, least significant bit first within each byte.
class BitWriter {
 public:
  /// @param value  its low `width_bits` bits are written; width 0…64.
  void bits(std::uint64_t value, unsigned width_bits) {
    if (width_bits > 32) {
      put(value & 0xFFFFFFFFu, 32);
      put((value >> 32) & mask(width_bits - 32), width_bits - 32);
    } else {
      put(value & mask(width_bits), width_bits);
    }
  }

  /// Exp-Golomb of order 0: n+1 in binary, preceded by as many zeros as it has bits after the first.
  /// Zeros are written first, then the leading one, then the remaining bits, low bit first.
  void exp_golomb(std::uint32_t n) {
    const std::uint64_t value = std::uint64_t{n} + 1;
    const unsigned extra_bits = static_cast<unsigned>(std::bit_width(value)) - 1;
    bits(std::uint64_t{1} << extra_bits, extra_bits + 1);
    bits(value & mask(extra_bits), extra_bits);
  }

  std::uint64_t position_bits() const { return std::uint64_t{out_.size()} * 8 + pending_bits_; }

  /// Pads the last byte with zero bits and hands over the bytes.
  std::vector<std::byte> finish() {
    while (pending_bits_ > 0) flush_byte();
    return std::move(out_);
  }

 private:
  static constexpr std::uint64_t mask(unsigned width_bits) {
    return width_bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width_bits) - 1;
  }
  void put(std::uint64_t value, unsigned width_bits) {  // width ≤ 32, pending < 32
    pending_ |= value << pending_bits_;
    pending_bits_ += width_bits;
    while (pending_bits_ >= 32) {
      const std::size_t at = out_.size();
      out_.resize(at + 4);
      store_le(&out_[at], static_cast<std::uint32_t>(pending_));
      pending_ >>= 32;
      pending_bits_ -= 32;
    }
  }
  void flush_byte() {
    out_.push_back(static_cast<std::byte>(pending_ & 0xFF));
    pending_ >>= 8;
    pending_bits_ = pending_bits_ > 8 ? pending_bits_ - 8 : 0;
  }

  std::vector<std::byte> out_;
  std::uint64_t pending_ = 0;
  unsigned pending_bits_ = 0;
};

}  // namespace actz
