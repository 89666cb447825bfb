#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

/// Numbers side by side, in the vector extensions of g++ and clang. A loop written with them once compiles to each
/// instruction set: inline it into a function that has the target attribute, with as many lanes as its registers have,
/// for g++ takes wider comparisons and choices apart into single numbers. Operators work element by element, and
/// comparisons give −1 or 0, so that `mask ? a : b` chooses.

namespace actz {

/// Vectors of 4, 8 or 16 lanes.
template <std::size_t Lanes>
struct Vectors {
  static constexpr std::size_t kLanes = Lanes;
  typedef float F32 __attribute__((vector_size(4 * Lanes)));
  typedef std::int32_t I32 __attribute__((vector_size(4 * Lanes)));
};

/// By reference, because the calling convention for vectors depends on the instruction set.
template <class Vector, class T>
[[gnu::always_inline]] inline void load(const T* from, Vector& to) {
  std::memcpy(&to, from, sizeof(Vector));
}
template <class Vector, class T>
[[gnu::always_inline]] inline void store(const Vector& from, T* to) {
  std::memcpy(to, &from, sizeof(Vector));
}

/// To and from narrower integers in memory. Loops for 4 lanes, whose narrow vectors g++ would keep in MMX registers on
/// 32-bit x86.
template <class I32, class T>
[[gnu::always_inline]] inline void store_narrow(const I32& from, T* to) {
  constexpr std::size_t kLanes = sizeof(I32) / sizeof(std::int32_t);
  if constexpr (kLanes > 4) {
    typedef T Narrow __attribute__((vector_size(kLanes * sizeof(T))));
    store(__builtin_convertvector(from, Narrow), to);
  } else {
    for (std::size_t i = 0; i < kLanes; ++i) to[i] = static_cast<T>(from[i]);
  }
}
template <class Vector, class T>
[[gnu::always_inline]] inline void load_widened(const T* from, Vector& to) {
  constexpr std::size_t kLanes = sizeof(Vector) / sizeof(std::int32_t);
  if constexpr (kLanes > 4) {
    typedef T Narrow __attribute__((vector_size(kLanes * sizeof(T))));
    Narrow narrow;
    load(from, narrow);
    to = __builtin_convertvector(narrow, Vector);
  } else {
    for (std::size_t i = 0; i < kLanes; ++i) to[i] = from[i];
  }
}

}  // namespace actz
