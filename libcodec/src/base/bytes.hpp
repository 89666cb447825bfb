#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace actz {

/// Loads and stores of little-endian integers at any alignment, on hosts of either byte order.

template <class T>
constexpr T byte_swapped(T value) {
  static_assert(std::is_unsigned_v<T>);
  T out = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    out = static_cast<T>((std::uint64_t{out} << 8) | (std::uint64_t{value} & 0xFF));
    value = static_cast<T>(std::uint64_t{value} >> 8);
  }
  return out;
}

template <class T>
inline T load_le(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  if constexpr (std::endian::native == std::endian::big) value = byte_swapped(value);
  return value;
}

template <class T>
inline void store_le(void* to, T value) {
  if constexpr (std::endian::native == std::endian::big) value = byte_swapped(value);
  std::memcpy(to, &value, sizeof(T));
}

}  // namespace actz
