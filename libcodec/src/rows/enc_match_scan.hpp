#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/vector16.hpp"
#include "rows/enc_match_search.hpp"

/// The loop behind MatchSearch: 64 sketches side by side. One body, inlined into a function for each instruction set;
/// sums and comparisons are the same in all of them.

namespace actz {

inline constexpr std::size_t kScanVectors = 4;                ///< side by side, for each waits for its own sum
inline constexpr std::size_t kScanBlock = 16 * kScanVectors;  ///< addresses of a block
inline constexpr std::size_t kScanBlockFloats = (MatchSearch::kSketch + 1) * kScanBlock;  ///< with squared norms

/// The nearest sketches so far, in order.
struct NearestSketches {
  float distance[MatchSearch::kCandidates];
  std::uint32_t address[MatchSearch::kCandidates];
  std::size_t count = 0;

  float worst() const {
    return count < MatchSearch::kCandidates ? std::numeric_limits<float>::infinity() : distance[count - 1];
  }
  void insert(float value, std::uint32_t at) {
    if (count < MatchSearch::kCandidates) ++count;
    std::size_t place = count - 1;
    for (; place > 0 && distance[place - 1] > value; --place) {
      distance[place] = distance[place - 1];
      address[place] = address[place - 1];
    }
    distance[place] = value;
    address[place] = at;
  }
};

/// Distances lack the squared norm of the row, which all share.
/// @param sketches  blocks, [coefficient][address], then the squared norm of each address, infinite where there is
/// none.
/// @param size      addresses.
/// @param row       `used` coefficients, times −2.
using MatchScanKernel = void (*)(const float* sketches, std::size_t size, const float* row, std::size_t used,
                                 NearestSketches& best);
void match_scan_scalar(const float* sketches, std::size_t size, const float* row, std::size_t used,
                       NearestSketches& best);
#if defined(__x86_64__)
void match_scan_avx2(const float* sketches, std::size_t size, const float* row, std::size_t used,
                     NearestSketches& best);
void match_scan_avx512(const float* sketches, std::size_t size, const float* row, std::size_t used,
                       NearestSketches& best);
#endif

[[gnu::always_inline]] inline void scan_sketches(const float* sketches, std::size_t size, const float* row,
                                                 std::size_t used, NearestSketches& best) {
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
    F32x16 least = sum[0];
    for (std::size_t v = 1; v < kScanVectors; ++v) least = sum[v] < least ? sum[v] : least;
    float nearest = least[0];
    for (std::size_t i = 1; i < 16; ++i) nearest = std::min(nearest, least[i]);
    if (!(nearest < best.worst())) continue;
    for (std::size_t i = 0; i < kScanBlock; ++i) {
      const float value = sum[i / 16][i % 16];
      if (value < best.worst()) best.insert(value, static_cast<std::uint32_t>(first + i));
    }
  }
}

}  // namespace actz
