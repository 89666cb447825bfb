#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "actz/result.hpp"
#include "guard.hpp"

/// Structs of callers built against other versions of the headers. Fields are only appended, and zero is the default.

namespace actz::c_abi {

constexpr std::size_t kLeastStructBytes = 8;  ///< struct_size and one field more: less was never a struct of ours

/// A whole struct from the caller's, which may be shorter (older) or longer (newer). NULL: all defaults.
/// Errors: bad_argument for a struct_size that was not set, and for fields set that this library does not know.
template <class T>
Result<T> read_struct(const T* given) {
  T out{};
  out.struct_size = sizeof(T);
  if (given == nullptr) return out;
  const std::size_t given_bytes = given->struct_size;
  if (given_bytes < kLeastStructBytes) return bad_argument("struct_size is not set");
  const auto* bytes = reinterpret_cast<const unsigned char*>(given);
  if (given_bytes > sizeof(T) &&
      std::any_of(bytes + sizeof(T), bytes + given_bytes, [](unsigned char byte) { return byte != 0; })) {
    return bad_argument("a struct sets a field that this version of the library does not know");
  }
  std::memcpy(static_cast<void*>(&out), bytes, std::min(given_bytes, sizeof(T)));
  out.struct_size = sizeof(T);
  return out;
}

/// Fills the part of `value` that the caller's struct has, and zeroes what this library does not know.
template <class T>
Status write_struct(T value, T* out) {
  if (out == nullptr) return bad_argument("no struct to fill");
  const std::size_t out_bytes = out->struct_size;
  if (out_bytes < kLeastStructBytes) return bad_argument("struct_size is not set");
  value.struct_size = out->struct_size;
  auto* bytes = reinterpret_cast<unsigned char*>(out);
  std::memcpy(bytes, &value, std::min(out_bytes, sizeof(T)));
  if (out_bytes > sizeof(T)) std::memset(bytes + sizeof(T), 0, out_bytes - sizeof(T));
  return {};
}

}  // namespace actz::c_abi
