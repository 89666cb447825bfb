#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/vector16.hpp"
#include "rows/enc_match_search.hpp"

/// The loop behind MatchSearch: 16 sketches side by side. One body, inlined into a function for each instruction set;
/// sums and comparisons are the same in all of them.

namespace actz {

inline constexpr std::size_t kScanBlock = 16;  ///< addresses of a block
inline constexpr std::size_t kScanBlockFloats = MatchSearch::kSketch * kScanBlock;

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

/// @param sketches  blocks, [coefficient][address].
/// @param size      addresses.
/// @param row       `used` coefficients.
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
  constexpr std::size_t kBlocks = 4;  // side by side: one look whether any is near enough
  for (std::size_t first = 0; first < size; first += kBlocks * kScanBlock) {
    const std::size_t blocks = std::min(kBlocks, (size - first + kScanBlock - 1) / kScanBlock);
    F32x16 distance[kBlocks];
    F32x16 least = F32x16{} + std::numeric_limits<float>::infinity();
    for (std::size_t b = 0; b < blocks; ++b) {
      const float* const block = sketches + (first / kScanBlock + b) * kScanBlockFloats;
      F32x16 sum{};
      for (std::size_t k = 0; k < used; ++k) {
        F32x16 other;
        load(block + k * kScanBlock, other);
        const F32x16 difference = other - row[k];
        sum += difference * difference;
      }
      distance[b] = sum;
      least = sum < least ? sum : least;
    }
    float nearest = least[0];
    for (std::size_t i = 1; i < kScanBlock; ++i) nearest = std::min(nearest, least[i]);
    if (!(nearest < best.worst())) continue;
    for (std::size_t i = 0; i < std::min(blocks * kScanBlock, size - first); ++i) {
      const float value = distance[i / kScanBlock][i % kScanBlock];
      if (value < best.worst()) best.insert(value, static_cast<std::uint32_t>(first + i));
    }
  }
}

}  // namespace actz
