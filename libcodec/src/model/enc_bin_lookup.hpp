#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/bins.hpp"

namespace actz {

/// Symbol of every element under a bin table; the bin with the smallest width that holds it, else the escape.
class BinLookup {
 public:
  explicit BinLookup(const BinTable& table);

  /// Symbols of consecutive little-endian elements of the table's width.
  /// @param out  one per element.
  void symbols(std::span<const std::byte> elements, std::uint8_t* out) const;

  const BinTable& table() const { return table_; }
  std::uint8_t escape() const { return escape_; }

 private:
  std::uint8_t search(std::uint64_t element) const;
  template <class T>
  void symbols_of(std::span<const std::byte> elements, std::uint8_t* out) const;

  BinTable table_;
  std::uint64_t low_mask_;
  unsigned key_shift_;  ///< what lies above it is an element's key
  std::uint8_t escape_;
  std::vector<std::uint8_t> by_key_;   ///< the bin that an element's key decides, else the escape: search() then knows
  std::vector<std::uint8_t> by_base_;  ///< bins but the escape, ascending base
};

}  // namespace actz
