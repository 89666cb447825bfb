#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/bins.hpp"

namespace actz {

/// Symbol of every element under a bin table; the bin with the smallest width that holds it, else the escape.
class BinLookup {
 public:
  explicit BinLookup(const BinTable& table);
  std::uint8_t symbol(std::uint64_t element) const {
    if ((element & low_mask_) != 0) return escape_;
    const std::uint64_t value = element >> table_.low_zero_bits;
    const std::uint16_t found = by_key_[static_cast<std::size_t>(value >> key_shift_)];
    return found <= 0xFF ? static_cast<std::uint8_t>(found) : search(value);
  }
  const BinTable& table() const { return table_; }

 private:
  static constexpr std::uint16_t kAmbiguous = 0x100;
  std::uint8_t search(std::uint64_t value) const;

  BinTable table_;
  std::uint64_t low_mask_;
  unsigned key_shift_;
  std::uint8_t escape_;
  std::vector<std::uint16_t> by_key_;
  std::vector<std::uint8_t> by_base_;  ///< bins but the escape, ascending base
};

}  // namespace actz
