#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "model/class_tables.hpp"

namespace actz {

/// How exact elements are told from decoded ones: tables for the difference of the two as integers in the order of the
/// numbers that they stand for, by the size of the decoded one (format_spec/06_models.md).
struct RefinementModel {
  static constexpr std::size_t kRunSymbols =
      4096;  ///< coded at a time: whatever the number of lanes, each time starts at lane 0

  unsigned class_shift = 0;            ///< bits of the pattern below those that make its class
  std::uint32_t first_class = 0;       ///< lower ones count as this one
  std::vector<std::uint8_t> table_of;  ///< of each class, the last one standing for higher ones, too
  std::vector<std::uint8_t> raw_bits;  ///< of each class
  ClassTables tables;
  std::vector<std::int32_t> lowest;  ///< of each table: what symbol 0 stands for

  /// Class of a decoded element. @param T  unsigned, of the element's width.
  template <class T>
  std::uint8_t class_of(T pattern) const {
    constexpr T kMagnitude = static_cast<T>(~T{0}) >> 1;
    const std::uint64_t wanted = std::uint64_t{static_cast<T>(pattern & kMagnitude)} >> class_shift;
    const std::uint64_t above = wanted > first_class ? wanted - first_class : 0;
    return static_cast<std::uint8_t>(std::min<std::uint64_t>(above, table_of.size() - 1));
  }
};

/// Floating-point patterns as integers that ascend with the numbers, and back.
template <class T>
T ordered(T pattern) {
  constexpr T kSign = static_cast<T>(T{1} << (8 * sizeof(T) - 1));
  return static_cast<T>((pattern & kSign) != 0 ? ~pattern : pattern | kSign);
}
template <class T>
T unordered(T ascending) {
  constexpr T kSign = static_cast<T>(T{1} << (8 * sizeof(T) - 1));
  return static_cast<T>((ascending & kSign) != 0 ? ascending & static_cast<T>(~kSign) : ~ascending);
}

}  // namespace actz
