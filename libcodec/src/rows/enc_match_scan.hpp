#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <limits>

#include "base/vectors.hpp"
#include "predict/match.hpp"
#include "rows/enc_match_search.hpp"

/// The loops behind MatchSearch and RowMatcher. One body each, inlined into a function for each instruction set; sums
/// and comparisons are the same in all of them.

namespace actz {

inline constexpr std::size_t kScanBlock = 64;   ///< addresses of a block
inline constexpr std::size_t kScanVectors = 4;  ///< side by side, for each waits for its own sum
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

/// @param less_mask  a function of the instruction set: one bit for each lane that is less than a number.
template <class Lanes, class LessMask>
[[gnu::always_inline]] inline void scan_sketches(const float* sketches, const std::uint32_t* number, std::size_t size,
                                                 const float* row, std::size_t used, AddressRange left_out,
                                                 NearestSketches& best, const LessMask& less_mask) {
  using F32 = typename Lanes::F32;
  constexpr std::size_t kStride = kScanVectors * Lanes::kLanes;
  static_assert(kScanBlock % kStride == 0);
  for (std::size_t first = 0; first < size; first += kStride) {
    const float* const block = sketches + first / kScanBlock * kScanBlockFloats + first % kScanBlock;
    F32 sum[kScanVectors];
    for (std::size_t v = 0; v < kScanVectors; ++v)
      load(block + MatchSearch::kSketch * kScanBlock + Lanes::kLanes * v, sum[v]);
    for (std::size_t k = 0; k < used; ++k) {
      for (std::size_t v = 0; v < kScanVectors; ++v) {
        F32 other;
        load(block + k * kScanBlock + Lanes::kLanes * v, other);
        sum[v] += other * row[k];
      }
    }
    for (std::size_t v = 0; v < kScanVectors; ++v) {
      unsigned nearer = less_mask(sum[v], best.worst());
      if (nearer == 0) continue;
      float distance[Lanes::kLanes];
      store(sum[v], distance);
      for (; nearer != 0; nearer &= nearer - 1) {
        const auto lane = static_cast<unsigned>(std::countr_zero(nearer));
        const std::uint32_t which = number[first + Lanes::kLanes * v + lane];
        if (distance[lane] < best.worst() && !left_out.holds(which)) best.insert(distance[lane], which);
      }
    }
  }
}

/// Sixteen sums side by side, whatever the lanes, or kernels would round in other ways.
template <class Lanes>
struct SquareSums {
  static constexpr std::size_t kCount = 16;

  typename Lanes::F32 sums[kCount / Lanes::kLanes]{};

  /// In the order of the sums.
  [[gnu::always_inline]] float total() const {
    float each[kCount];
    std::memcpy(each, sums, sizeof(each));
    float out = 0;
    for (const float sum : each) out += sum;
    return out;
  }
};

template <class Lanes>
[[gnu::always_inline]] inline float sum_squared_distance(const float* row, const std::int32_t* other,
                                                         std::size_t count) {
  SquareSums<Lanes> squares;
  std::size_t c = 0;
  for (; c + squares.kCount <= count; c += squares.kCount) {
    for (std::size_t i = 0; i < std::size(squares.sums); ++i) {
      typename Lanes::F32 value;
      typename Lanes::I32 integers;
      load(row + c + i * Lanes::kLanes, value);
      load(other + c + i * Lanes::kLanes, integers);
      value -= __builtin_convertvector(integers, typename Lanes::F32);
      squares.sums[i] += value * value;
    }
  }
  float sum = squares.total();
  for (; c < count; ++c) {
    const float difference = row[c] - static_cast<float>(other[c]);
    sum += difference * difference;
  }
  return sum;
}

template <class Lanes>
[[gnu::always_inline]] inline float sum_squared_left(const float* row, const std::int32_t* matched,
                                                     const std::uint8_t* gain, std::size_t count) {
  SquareSums<Lanes> squares;
  std::size_t c = 0;
  for (; c + squares.kCount <= count; c += squares.kCount) {
    for (std::size_t i = 0; i < std::size(squares.sums); ++i) {
      typename Lanes::F32 value;
      typename Lanes::I32 integers, gains;
      load(row + c + i * Lanes::kLanes, value);
      load(matched + c + i * Lanes::kLanes, integers);
      load_widened(gain + c + i * Lanes::kLanes, gains);
      value -= __builtin_convertvector(integers, typename Lanes::F32) *
               (__builtin_convertvector(gains, typename Lanes::F32) * MatchModel::kGainUnit);
      squares.sums[i] += value * value;
    }
  }
  float sum = squares.total();
  for (; c < count; ++c) {
    const float difference =
        row[c] - static_cast<float>(matched[c]) * (static_cast<float>(gain[c]) * MatchModel::kGainUnit);
    sum += difference * difference;
  }
  return sum;
}

}  // namespace actz
