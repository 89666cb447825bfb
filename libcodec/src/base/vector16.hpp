#pragma once

#include <cstdint>
#include <cstring>

/// Sixteen numbers side by side, in the vector extensions of g++ and clang. A loop written with them once compiles to
/// each instruction set: inline it into a function that has the target attribute. Operators work element by element,
/// and comparisons give −1 or 0, so that `mask ? a : b` chooses.

namespace actz {

using F32x16 = float __attribute__((vector_size(64)));
using I32x16 = std::int32_t __attribute__((vector_size(64)));
using U8x16 = std::uint8_t __attribute__((vector_size(16)));
using I16x16 = std::int16_t __attribute__((vector_size(32)));

/// By reference, because the calling convention for vectors depends on the instruction set.
template <class Vector, class T>
[[gnu::always_inline]] inline void load(const T* from, Vector& to) {
  std::memcpy(&to, from, sizeof(Vector));
}
template <class Vector, class T>
[[gnu::always_inline]] inline void store(const Vector& from, T* to) {
  std::memcpy(to, &from, sizeof(Vector));
}

}  // namespace actz
