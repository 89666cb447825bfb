#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

/// Small matrices turned on their side, in the vector extensions of g++ and clang.

namespace actz {

inline constexpr std::size_t kTransposeBlock = 8;

/// to[c][r] = from[r][c] for 8 rows and 8 columns.
/// @param from  8 rows, `from_stride` elements apart; `to` likewise.
inline void transpose_block(const std::int16_t* from, std::size_t from_stride, std::int16_t* to,
                            std::size_t to_stride) {
  using I16x8 = std::int16_t __attribute__((vector_size(16)));
  using I32x4 = std::int32_t __attribute__((vector_size(16)));
  using I64x2 = std::int64_t __attribute__((vector_size(16)));
  I16x8 in[8];
  for (std::size_t r = 0; r < 8; ++r) std::memcpy(&in[r], from + r * from_stride, sizeof(I16x8));
  I32x4 pairs[8];  // rows 2i and 2i + 1 side by side: columns 0…3, then 4…7
  for (std::size_t i = 0; i < 4; ++i) {
    pairs[i] = reinterpret_cast<I32x4>(__builtin_shufflevector(in[2 * i], in[2 * i + 1], 0, 8, 1, 9, 2, 10, 3, 11));
    pairs[i + 4] =
        reinterpret_cast<I32x4>(__builtin_shufflevector(in[2 * i], in[2 * i + 1], 4, 12, 5, 13, 6, 14, 7, 15));
  }
  for (std::size_t half = 0; half < 2; ++half) {
    const I32x4* const p = pairs + 4 * half;
    const auto low0 = reinterpret_cast<I64x2>(__builtin_shufflevector(p[0], p[1], 0, 4, 1, 5));  // rows 0…3
    const auto high0 = reinterpret_cast<I64x2>(__builtin_shufflevector(p[0], p[1], 2, 6, 3, 7));
    const auto low1 = reinterpret_cast<I64x2>(__builtin_shufflevector(p[2], p[3], 0, 4, 1, 5));  // rows 4…7
    const auto high1 = reinterpret_cast<I64x2>(__builtin_shufflevector(p[2], p[3], 2, 6, 3, 7));
    const I64x2 out[4] = {__builtin_shufflevector(low0, low1, 0, 2), __builtin_shufflevector(low0, low1, 1, 3),
                          __builtin_shufflevector(high0, high1, 0, 2), __builtin_shufflevector(high0, high1, 1, 3)};
    for (std::size_t c = 0; c < 4; ++c) std::memcpy(to + (4 * half + c) * to_stride, &out[c], sizeof(I64x2));
  }
}

/// The same for 4 rows and 4 columns of floats, from anywhere.
inline void transpose_block(const float* const* from, std::size_t column, float* to, std::size_t to_stride) {
  using F32x4 = float __attribute__((vector_size(16)));
  F32x4 in[4];
  for (std::size_t r = 0; r < 4; ++r) std::memcpy(&in[r], from[r] + column, sizeof(F32x4));
  const F32x4 low0 = __builtin_shufflevector(in[0], in[1], 0, 4, 1, 5);
  const F32x4 high0 = __builtin_shufflevector(in[0], in[1], 2, 6, 3, 7);
  const F32x4 low1 = __builtin_shufflevector(in[2], in[3], 0, 4, 1, 5);
  const F32x4 high1 = __builtin_shufflevector(in[2], in[3], 2, 6, 3, 7);
  const F32x4 out[4] = {
      __builtin_shufflevector(low0, low1, 0, 1, 4, 5), __builtin_shufflevector(low0, low1, 2, 3, 6, 7),
      __builtin_shufflevector(high0, high1, 0, 1, 4, 5), __builtin_shufflevector(high0, high1, 2, 3, 6, 7)};
  for (std::size_t c = 0; c < 4; ++c) std::memcpy(to + c * to_stride, &out[c], sizeof(F32x4));
}

}  // namespace actz
