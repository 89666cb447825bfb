#include "linear/int_linear_kernels.hpp"

#if defined(__x86_64__)

#include <immintrin.h>

#define ACTZ_TARGET_AVX512 gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi2,avx512vnni")

namespace actz {
namespace {

// Loops over the sums are unrolled by pragma, else g++ 12 keeps some sums in memory (AVX2 accumulate: 15 % slower).

/// Strands of a tile, which share each load of a weight.
constexpr std::size_t kMaxStrands = 8;
constexpr std::size_t kLanes = 16;

/// The pairs of inputs that are not zero in every strand, each strand at a fixed distance from the one before, so
/// that one address register serves all.
struct PairList {
  std::size_t count;
  std::uint32_t weights[kTilePairs + kLanes];  // where the weights of the pair are, in elements
  std::int32_t inputs[kMaxStrands][kTilePairs + kLanes];
};

template <std::size_t Strands>
[[ACTZ_TARGET_AVX512]] void list_pairs(const LinearTile& tile, PairList& list) {
  std::size_t count = 0;
  __m512i offset = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  offset = _mm512_slli_epi32(offset, 5);  // 2 · kOutputBlock elements a pair
  for (std::size_t pair = 0; pair < tile.pairs; pair += kLanes) {
    const std::size_t left = tile.pairs - pair;
    const auto valid = static_cast<__mmask16>(left >= kLanes ? 0xFFFF : (1U << left) - 1);
    __m512i inputs[Strands];
    __m512i any = _mm512_setzero_si512();
#pragma GCC unroll 8
    for (std::size_t s = 0; s < Strands; ++s) {
      inputs[s] = _mm512_maskz_loadu_epi32(valid, tile.in[s] + tile.first_input + pair * 2);
      any = _mm512_or_si512(any, inputs[s]);
    }
    const __mmask16 nonzero = _mm512_test_epi32_mask(any, any);
    _mm512_storeu_si512(list.weights + count, _mm512_maskz_compress_epi32(nonzero, offset));
#pragma GCC unroll 8
    for (std::size_t s = 0; s < Strands; ++s) {
      _mm512_storeu_si512(list.inputs[s] + count, _mm512_maskz_compress_epi32(nonzero, inputs[s]));
    }
    count += static_cast<std::size_t>(__builtin_popcount(nonzero));
    offset = _mm512_add_epi32(offset, _mm512_set1_epi32(static_cast<int>(kLanes * kOutputBlock * 2)));
  }
  list.count = count;
}

/// Strands × Blocks sums stay in registers.
template <std::size_t Strands, std::size_t Blocks>
[[ACTZ_TARGET_AVX512]] void accumulate_blocks(const LinearTile& tile, const PairList& list, std::size_t block) {
  const std::int16_t* const weights = tile.weights + block * tile.block_stride;
  __m512i sums[Strands][Blocks];
#pragma GCC unroll 8
  for (std::size_t s = 0; s < Strands; ++s) {
#pragma GCC unroll 8
    for (std::size_t b = 0; b < Blocks; ++b) {
      sums[s][b] = _mm512_loadu_si512(tile.acc[s] + (block + b) * kOutputBlock);
    }
  }
  for (std::size_t k = 0; k < list.count; ++k) {
    __m512i column[Blocks];
#pragma GCC unroll 8
    for (std::size_t b = 0; b < Blocks; ++b) {
      column[b] = _mm512_load_si512(weights + b * tile.block_stride + list.weights[k]);
    }
#pragma GCC unroll 8
    for (std::size_t s = 0; s < Strands; ++s) {
      const __m512i input = _mm512_set1_epi32(list.inputs[s][k]);
#pragma GCC unroll 8
      for (std::size_t b = 0; b < Blocks; ++b) sums[s][b] = _mm512_dpwssd_epi32(sums[s][b], column[b], input);
    }
  }
#pragma GCC unroll 8
  for (std::size_t s = 0; s < Strands; ++s) {
#pragma GCC unroll 8
    for (std::size_t b = 0; b < Blocks; ++b) {
      _mm512_storeu_si512(tile.acc[s] + (block + b) * kOutputBlock, sums[s][b]);
    }
  }
}

/// As many blocks at once as fill about 16 registers with sums: enough to hide the latency of the products, and
/// few enough streams of weights.
template <std::size_t Strands>
[[ACTZ_TARGET_AVX512]] void accumulate_tile(const LinearTile& tile) {
  constexpr std::size_t kBlocks = Strands <= 2 ? 8 : Strands <= 4 ? 4 : 2;
  PairList list;
  list_pairs<Strands>(tile, list);
  std::size_t block = 0;
  for (; block + kBlocks <= tile.blocks; block += kBlocks) accumulate_blocks<Strands, kBlocks>(tile, list, block);
  if constexpr (kBlocks > 4) {
    for (; block + 4 <= tile.blocks; block += 4) accumulate_blocks<Strands, 4>(tile, list, block);
  }
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
    accumulate_tile<7>,
    accumulate_tile<8>,
};

void accumulate_avx512(const PackedMatrix& matrix, const std::int16_t* const* in, std::int32_t* const* acc,
                       std::size_t batch) {
  accumulate_tiles(kTileFunctions, kMaxStrands, matrix, in, acc, batch);
}

[[ACTZ_TARGET_AVX512]] void round_shift_avx512(std::int32_t* acc, const std::uint8_t* shift, std::size_t count) {
  elementwise::round_shift(acc, shift, count);
}

[[ACTZ_TARGET_AVX512]] void round_shift_saturate_avx512(const std::int32_t* in, const std::uint8_t* shift,
                                                        std::int16_t* out, std::size_t count) {
  elementwise::round_shift_saturate(in, shift, out, count);
}

[[ACTZ_TARGET_AVX512]] void to_float_avx512(const std::int32_t* in, const std::int32_t* centre, float unit, float* out,
                                            std::size_t count) {
  elementwise::to_real(in, centre, unit, out, count);
}

[[ACTZ_TARGET_AVX512]] void to_double_avx512(const std::int32_t* in, const std::int32_t* centre, double unit,
                                             double* out, std::size_t count) {
  elementwise::to_real(in, centre, unit, out, count);
}

}  // namespace

const IntLinearKernels kIntLinearAvx512 = {accumulate_avx512, round_shift_avx512, round_shift_saturate_avx512,
                                           to_float_avx512, to_double_avx512};

}  // namespace actz

#endif
