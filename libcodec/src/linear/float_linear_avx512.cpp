#include "linear/float_linear_kernels.hpp"

#if defined(__x86_64__)

#include <immintrin.h>

#include <algorithm>
#include <cstdint>

#define ACTZ_TARGET_AVX512 gnu::target("avx512f,avx512bw,avx512dq,avx512vl")

namespace actz {
namespace {

// Loops over the sums are unrolled by pragma, else g++ 12 keeps some sums in memory (AVX2 accumulate: 15 % slower).

constexpr std::size_t kLanes = 16;

/// A product and a sum, rounded apart: written as two operations, and -ffp-contract=off keeps them so.
[[ACTZ_TARGET_AVX512, gnu::always_inline]] inline __m512 add_product(__m512 sum, __m512 a, __m512 b) {
  return _mm512_add_ps(sum, _mm512_mul_ps(a, b));
}

template <std::size_t Strands, std::size_t Blocks>
[[ACTZ_TARGET_AVX512]] void multiply_blocks(const FloatMatrix& matrix, const float* const* in, float* const* out,
                                            std::size_t block) {
  const std::size_t inputs = matrix.inputs();
  const float* const weights = matrix.weights() + block * inputs * kFloatBlock;
  const float* rows[Strands];
  __m512 sums[Strands][Blocks];
#pragma GCC unroll 8
  for (std::size_t s = 0; s < Strands; ++s) {
    rows[s] = in[s];
#pragma GCC unroll 8
    for (std::size_t b = 0; b < Blocks; ++b) sums[s][b] = _mm512_setzero_ps();
  }
  for (std::size_t i = 0; i < inputs; ++i) {
    __m512 column[Blocks];
#pragma GCC unroll 8
    for (std::size_t b = 0; b < Blocks; ++b) column[b] = _mm512_load_ps(weights + (b * inputs + i) * kFloatBlock);
#pragma GCC unroll 8
    for (std::size_t s = 0; s < Strands; ++s) {
      const __m512 input = _mm512_set1_ps(rows[s][i]);
#pragma GCC unroll 8
      for (std::size_t b = 0; b < Blocks; ++b) sums[s][b] = add_product(sums[s][b], column[b], input);
    }
  }
#pragma GCC unroll 8
  for (std::size_t s = 0; s < Strands; ++s) {
#pragma GCC unroll 8
    for (std::size_t b = 0; b < Blocks; ++b) _mm512_storeu_ps(out[s] + (block + b) * kFloatBlock, sums[s][b]);
  }
}

template <std::size_t Strands>
[[ACTZ_TARGET_AVX512]] void multiply_tile(const FloatMatrix& matrix, const float* const* in, float* const* out) {
  const std::size_t blocks = (matrix.outputs() + kFloatBlock - 1) / kFloatBlock;
  std::size_t block = 0;
  for (; block + 4 <= blocks; block += 4) multiply_blocks<Strands, 4>(matrix, in, out, block);
  for (; block < blocks; ++block) multiply_blocks<Strands, 1>(matrix, in, out, block);
}

void multiply_avx512(const FloatMatrix& matrix, const float* const* in, float* const* out, std::size_t batch) {
  std::size_t strand = 0;
  for (; strand + 4 <= batch; strand += 4) multiply_tile<4>(matrix, in + strand, out + strand);
  if (strand + 2 <= batch) {
    multiply_tile<2>(matrix, in + strand, out + strand);
    strand += 2;
  }
  if (strand < batch) multiply_tile<1>(matrix, in + strand, out + strand);
}

constexpr std::size_t kPanelCols = 2 * kLanes;

/// `count` columns of b from `first` on, zero beside them: aligned, and free of the cache conflicts of long strides.
struct GramPanel {
  std::size_t first;
  std::size_t count;
  alignas(kVectorBytes) float cells[kGramRows][kPanelCols];
};

[[ACTZ_TARGET_AVX512]] void load_panel(FloatRows b, std::size_t rows, std::size_t first, GramPanel& panel) {
  panel.first = first;
  panel.count = std::min(kPanelCols, b.cols - first);
  const auto mask = static_cast<std::uint32_t>((std::uint64_t{1} << panel.count) - 1);
  for (std::size_t row = 0; row < rows; ++row) {
    const float* const cells = b.cells + row * b.stride + first;
    _mm512_store_ps(panel.cells[row], _mm512_maskz_loadu_ps(static_cast<__mmask16>(mask), cells));
    _mm512_store_ps(panel.cells[row] + kLanes,
                    _mm512_maskz_loadu_ps(static_cast<__mmask16>(mask >> kLanes), cells + kLanes));
  }
}

/// Rows i … i + Cols of the Gram matrix, the columns of the panel.
template <std::size_t Cols>
[[ACTZ_TARGET_AVX512]] void gram_tile(FloatRows a, const GramPanel& panel, std::size_t rows, std::size_t i,
                                      double* gram, std::size_t gram_cols) {
  __m512 sums[Cols][2];
#pragma GCC unroll 8
  for (std::size_t c = 0; c < Cols; ++c) sums[c][0] = sums[c][1] = _mm512_setzero_ps();
  const float* left = a.cells + i;
  for (std::size_t row = 0; row < rows; ++row, left += a.stride) {
    const __m512 right0 = _mm512_load_ps(panel.cells[row]);
    const __m512 right1 = _mm512_load_ps(panel.cells[row] + kLanes);
#pragma GCC unroll 8
    for (std::size_t c = 0; c < Cols; ++c) {
      const __m512 cell = _mm512_set1_ps(left[c]);
      sums[c][0] = add_product(sums[c][0], cell, right0);
      sums[c][1] = add_product(sums[c][1], cell, right1);
    }
  }
#pragma GCC unroll 8
  for (std::size_t c = 0; c < Cols; ++c) {
    alignas(kVectorBytes) float cells[kPanelCols];
    _mm512_store_ps(cells, sums[c][0]);
    _mm512_store_ps(cells + kLanes, sums[c][1]);
    add_to_gram(gram + (i + c) * gram_cols + panel.first, cells, panel.count);
  }
}

void gram_block_avx512(FloatRows a, FloatRows b, std::size_t rows, double* gram) {
  GramPanel panel;
  for (std::size_t first = 0; first < b.cols; first += kPanelCols) {
    load_panel(b, rows, first, panel);
    std::size_t i = 0;
    for (; i + 8 <= a.cols; i += 8) gram_tile<8>(a, panel, rows, i, gram, b.cols);
    for (; i + 2 <= a.cols; i += 2) gram_tile<2>(a, panel, rows, i, gram, b.cols);
    if (i < a.cols) gram_tile<1>(a, panel, rows, i, gram, b.cols);
  }
}

}  // namespace

const FloatLinearKernels kFloatLinearAvx512 = {multiply_avx512, gram_block_avx512};

}  // namespace actz

#endif
