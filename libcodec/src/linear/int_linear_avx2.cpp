#include "linear/int_linear_kernels.hpp"

#if defined(__x86_64__)

#include <immintrin.h>

#include <array>

#define ACTZ_TARGET_AVX2 gnu::target("avx2,popcnt,bmi")

namespace actz {
namespace {

// Loops over the sums are unrolled by pragma, else g++ 12 keeps some sums in memory (AVX2 accumulate: 15 % slower).

/// Strands of a tile, which share each load of a weight; their sums, the weights, an input and a product fill the
/// 16 registers. Tiles of 4 were 11–20 % slower at batches of 5, 6 and 12.
constexpr std::size_t kMaxStrands = 6;
constexpr std::size_t kLanes = 8;

/// For each mask of 8 lanes, the lanes that it keeps.
constexpr auto kKeptLanes = [] {
  std::array<std::array<std::uint8_t, kLanes>, 256> kept{};
  for (std::size_t mask = 0; mask < kept.size(); ++mask) {
    std::size_t count = 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      if (mask >> lane & 1) kept[mask][count++] = static_cast<std::uint8_t>(lane);
    }
  }
  return kept;
}();

/// The pairs of inputs that are not zero in every strand, each strand at a fixed distance from the one before, so
/// that one address register serves all.
struct PairList {
  std::size_t count;
  std::uint32_t weights[kTilePairs + kLanes];  // where the weights of the pair are, in elements
  std::int32_t inputs[kMaxStrands][kTilePairs + kLanes];
};

template <std::size_t Strands>
[[ACTZ_TARGET_AVX2]] void list_pairs(const LinearTile& tile, PairList& list) {
  std::size_t count = 0;
  const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  __m256i offset = _mm256_slli_epi32(lanes, 5);  // 2 · kOutputBlock elements a pair
  for (std::size_t pair = 0; pair < tile.pairs; pair += kLanes) {
    const auto left = static_cast<int>(std::min(kLanes, tile.pairs - pair));
    const __m256i valid = _mm256_cmpgt_epi32(_mm256_set1_epi32(left), lanes);
    __m256i inputs[Strands];
    __m256i any = _mm256_setzero_si256();
#pragma GCC unroll 8
    for (std::size_t s = 0; s < Strands; ++s) {
      const std::int16_t* const first = tile.in[s] + tile.first_input + pair * 2;
      inputs[s] = _mm256_maskload_epi32(reinterpret_cast<const int*>(first), valid);
      any = _mm256_or_si256(any, inputs[s]);
    }
    const __m256i zero = _mm256_cmpeq_epi32(any, _mm256_setzero_si256());
    const auto kept = static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(zero))) ^ 0xFFU;
    const __m256i order =
        _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(kKeptLanes[kept].data())));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(list.weights + count), _mm256_permutevar8x32_epi32(offset, order));
#pragma GCC unroll 8
    for (std::size_t s = 0; s < Strands; ++s) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(list.inputs[s] + count),
                          _mm256_permutevar8x32_epi32(inputs[s], order));
    }
    count += static_cast<std::size_t>(__builtin_popcount(kept));
    offset = _mm256_add_epi32(offset, _mm256_set1_epi32(static_cast<int>(kLanes * kOutputBlock * 2)));
  }
  list.count = count;
}

/// Strands × Blocks × 2 sums stay in registers. A product of four −32768 wraps to −2^31, which is right modulo 2^32.
template <std::size_t Strands, std::size_t Blocks>
[[ACTZ_TARGET_AVX2]] void accumulate_blocks(const LinearTile& tile, const PairList& list, std::size_t block) {
  constexpr std::size_t kVectors = Blocks * 2;
  const std::int16_t* const weights = tile.weights + block * tile.block_stride;
  __m256i sums[Strands][kVectors];
#pragma GCC unroll 8
  for (std::size_t s = 0; s < Strands; ++s) {
    const std::int32_t* const acc = tile.acc[s] + block * kOutputBlock;
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kVectors; ++v) {
      sums[s][v] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(acc + v * kLanes));
    }
  }
  for (std::size_t k = 0; k < list.count; ++k) {
    __m256i column[kVectors];
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kVectors; ++v) {
      const std::int16_t* const first = weights + v / 2 * tile.block_stride + list.weights[k] + v % 2 * kOutputBlock;
      column[v] = _mm256_load_si256(reinterpret_cast<const __m256i*>(first));
    }
#pragma GCC unroll 8
    for (std::size_t s = 0; s < Strands; ++s) {
      const __m256i input = _mm256_set1_epi32(list.inputs[s][k]);
#pragma GCC unroll 8
      for (std::size_t v = 0; v < kVectors; ++v) {
        sums[s][v] = _mm256_add_epi32(sums[s][v], _mm256_madd_epi16(column[v], input));
      }
    }
  }
#pragma GCC unroll 8
  for (std::size_t s = 0; s < Strands; ++s) {
    std::int32_t* const acc = tile.acc[s] + block * kOutputBlock;
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kVectors; ++v) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(acc + v * kLanes), sums[s][v]);
    }
  }
}

/// Several blocks at once where few strands leave registers free.
template <std::size_t Strands>
[[ACTZ_TARGET_AVX2]] void accumulate_tile(const LinearTile& tile) {
  constexpr std::size_t kBlocks = Strands == 1 ? 4 : Strands == 2 ? 2 : 1;
  PairList list;
  list_pairs<Strands>(tile, list);
  std::size_t block = 0;
  for (; block + kBlocks <= tile.blocks; block += kBlocks) accumulate_blocks<Strands, kBlocks>(tile, list, block);
  if constexpr (kBlocks > 2) {
    for (; block + 2 <= tile.blocks; block += 2) accumulate_blocks<Strands, 2>(tile, list, block);
  }
  for (; block < tile.blocks; ++block) accumulate_blocks<Strands, 1>(tile, list, block);
}

constexpr LinearTileFunction kTileFunctions[kMaxStrands + 1] = {
    nullptr,
    accumulate_tile<1>,
    accumulate_tile<2>,
    accumulate_tile<3>,
    accumulate_tile<4>,
    accumulate_tile<5>,
    accumulate_tile<6>,
};

void accumulate_avx2(const PackedMatrix& matrix, const std::int16_t* const* in, std::int32_t* const* acc,
                     std::size_t batch) {
  accumulate_tiles(kTileFunctions, kMaxStrands, matrix, in, acc, batch);
}

[[ACTZ_TARGET_AVX2]] void round_shift_avx2(std::int32_t* acc, const std::uint8_t* shift, std::size_t count) {
  elementwise::round_shift(acc, shift, count);
}

[[ACTZ_TARGET_AVX2]] void round_shift_saturate_avx2(const std::int32_t* in, const std::uint8_t* shift,
                                                    std::int16_t* out, std::size_t count) {
  elementwise::round_shift_saturate(in, shift, out, count);
}

[[ACTZ_TARGET_AVX2]] void to_float_avx2(const std::int32_t* in, const std::int32_t* centre, float unit, float* out,
                                        std::size_t count) {
  elementwise::to_real(in, centre, unit, out, count);
}

[[ACTZ_TARGET_AVX2]] void to_double_avx2(const std::int32_t* in, const std::int32_t* centre, double unit, double* out,
                                         std::size_t count) {
  elementwise::to_real(in, centre, unit, out, count);
}

}  // namespace

const IntLinearKernels kIntLinearAvx2 = {accumulate_avx2, round_shift_avx2, round_shift_saturate_avx2, to_float_avx2,
                                         to_double_avx2};

}  // namespace actz

#endif
