#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/vector16.hpp"
#include "predict/match.hpp"
#include "rows/enc_match_search.hpp"

/// The loops behind MatchSearch and RowMatcher. One body each, inlined into a function for each instruction set; sums
/// and comparisons are the same in all of them.

namespace actz {

inline constexpr std::size_t kScanVectors = 4;                ///< side by side, for each waits for its own sum
inline constexpr std::size_t kScanBlock = 16 * kScanVectors;  ///< addresses of a block
inline constexpr std::size_t kScanBlockFloats = (MatchSearch::kSketch + 1) * kScanBlock;  ///< with squared norms

struct MatchKernels {
  /// Distances lack the squared norm of the row, which all share.
  /// @param sketches  blocks, [coefficient][row], then the squared norm of each row, infinite where there is none.
  /// @param number    of each of `size` rows.
  /// @param row       `used` coefficients, times −2.
  /// @param left_out  numbers that do not count.
  void (*scan)(const float* sketches, const std::uint32_t* number, std::size_t size, const float* row, std::size_t used,
               AddressRange left_out, NearestSketches& best);
  /// Σ (row − other)².
  float (*squared_distance)(const float* row, const std::int32_t* other, std::size_t count);
  /// Σ (row − matched · gain / 128)².
  float (*squared_left)(const float* row, const std::int32_t* matched, const std::uint8_t* gain, std::size_t count);
};
extern const MatchKernels kMatchKernelsScalar;
#if defined(__x86_64__)
extern const MatchKernels kMatchKernelsAvx2;
extern const MatchKernels kMatchKernelsAvx512;
#endif
/// Those of the instruction set in use.
const MatchKernels& match_kernels();

/// @param less_mask  a function of the instruction set: one bit for each of 16 floats that is less than another.
template <class LessMask>
[[gnu::always_inline]] inline void scan_sketches(const float* sketches, const std::uint32_t* number, std::size_t size,
                                                 const float* row, std::size_t used, AddressRange left_out,
                                                 NearestSketches& best, const LessMask& less_mask) {
  for (std::size_t first = 0; first < size; first += kScanBlock) {
    const float* const block = sketches + first / kScanBlock * kScanBlockFloats;
    F32x16 sum[kScanVectors];
    for (std::size_t v = 0; v < kScanVectors; ++v) load(block + MatchSearch::kSketch * kScanBlock + 16 * v, sum[v]);
    for (std::size_t k = 0; k < used; ++k) {
      for (std::size_t v = 0; v < kScanVectors; ++v) {
        F32x16 other;
        load(block + k * kScanBlock + 16 * v, other);
        sum[v] += other * row[k];
      }
    }
    for (std::size_t v = 0; v < kScanVectors; ++v) {
      unsigned nearer = less_mask(sum[v], best.worst());
      if (nearer == 0) continue;
      float distance[16];
      store(sum[v], distance);
      for (; nearer != 0; nearer &= nearer - 1) {
        const auto lane = static_cast<unsigned>(std::countr_zero(nearer));
        const std::uint32_t which = number[first + 16 * v + lane];
        if (distance[lane] < best.worst() && !left_out.holds(which)) best.insert(distance[lane], which);
      }
    }
  }
}

[[gnu::always_inline]] inline float sum_of(const F32x16& values) {
  float sum = 0;
  for (std::size_t i = 0; i < 16; ++i) sum += values[i];
  return sum;
}

[[gnu::always_inline]] inline float sum_squared_distance(const float* row, const std::int32_t* other,
                                                         std::size_t count) {
  F32x16 sums{};
  std::size_t c = 0;
  for (; c + 16 <= count; c += 16) {
    F32x16 value;
    I32x16 integers;
    load(row + c, value);
    load(other + c, integers);
    value -= __builtin_convertvector(integers, F32x16);
    sums += value * value;
  }
  float sum = sum_of(sums);
  for (; c < count; ++c) {
    const float difference = row[c] - static_cast<float>(other[c]);
    sum += difference * difference;
  }
  return sum;
}

[[gnu::always_inline]] inline float sum_squared_left(const float* row, const std::int32_t* matched,
                                                     const std::uint8_t* gain, std::size_t count) {
  constexpr float kGainUnit = 1.0F / (1 << MatchModel::kGainBits);
  F32x16 sums{};
  std::size_t c = 0;
  for (; c + 16 <= count; c += 16) {
    F32x16 value;
    I32x16 integers;
    U8x16 gains;
    load(row + c, value);
    load(matched + c, integers);
    load(gain + c, gains);
    value -= __builtin_convertvector(integers, F32x16) * (__builtin_convertvector(gains, F32x16) * kGainUnit);
    sums += value * value;
  }
  float sum = sum_of(sums);
  for (; c < count; ++c) {
    const float difference = row[c] - static_cast<float>(matched[c]) * (static_cast<float>(gain[c]) * kGainUnit);
    sum += difference * difference;
  }
  return sum;
}

}  // namespace actz
