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

/// First place of `value` in [first, end), else end; many bytes at a time, which std::find does not do.
inline const std::uint8_t* find_byte(const std::uint8_t* first, const std::uint8_t* end, std::uint8_t value) {
  if (first == end) return end;
  const void* const found = std::memchr(first, value, static_cast<std::size_t>(end - first));
  return found != nullptr ? static_cast<const std::uint8_t*>(found) : end;
}

}  // namespace actz
