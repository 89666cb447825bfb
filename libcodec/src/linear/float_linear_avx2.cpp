#include "linear/float_linear_kernels.hpp"

#if defined(__x86_64__)

#include <immintrin.h>

#include <algorithm>

#define ACTZ_TARGET_AVX2 gnu::target("avx2")

namespace actz {
namespace {

// Loops over the sums are unrolled by pragma, else g++ 12 keeps some sums in memory (AVX2 accumulate: 15 % slower).

constexpr std::size_t kLanes = 8;

/// A product and a sum, rounded apart: written as two operations, and -ffp-contract=off keeps them so.
[[ACTZ_TARGET_AVX2, gnu::always_inline]] inline __m256 add_product(__m256 sum, __m256 a, __m256 b) {
  return _mm256_add_ps(sum, _mm256_mul_ps(a, b));
}

/// One block of 16 outputs is two vectors.
template <std::size_t Strands, std::size_t Blocks>
[[ACTZ_TARGET_AVX2]] void multiply_blocks(const FloatMatrix& matrix, const float* const* in, float* const* out,
                                          std::size_t block) {
  constexpr std::size_t kVectors = Blocks * 2;
  const std::size_t inputs = matrix.inputs();
  const float* const weights = matrix.weights() + block * inputs * kFloatBlock;
  const float* rows[Strands];
  __m256 sums[Strands][kVectors];
#pragma GCC unroll 8
  for (std::size_t s = 0; s < Strands; ++s) {
    rows[s] = in[s];
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kVectors; ++v) sums[s][v] = _mm256_setzero_ps();
  }
  for (std::size_t i = 0; i < inputs; ++i) {
    __m256 column[kVectors];
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kVectors; ++v) {
      column[v] = _mm256_load_ps(weights + (v / 2 * inputs + i) * kFloatBlock + v % 2 * kLanes);
    }
#pragma GCC unroll 8
    for (std::size_t s = 0; s < Strands; ++s) {
      const __m256 input = _mm256_set1_ps(rows[s][i]);
#pragma GCC unroll 8
      for (std::size_t v = 0; v < kVectors; ++v) sums[s][v] = add_product(sums[s][v], column[v], input);
    }
  }
#pragma GCC unroll 8
  for (std::size_t s = 0; s < Strands; ++s) {
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kVectors; ++v) {
      _mm256_storeu_ps(out[s] + block * kFloatBlock + v * kLanes, sums[s][v]);
    }
  }
}

template <std::size_t Strands, std::size_t Blocks>
[[ACTZ_TARGET_AVX2]] void multiply_tile(const FloatMatrix& matrix, const float* const* in, float* const* out) {
  const std::size_t blocks = (matrix.outputs() + kFloatBlock - 1) / kFloatBlock;
  std::size_t block = 0;
  for (; block + Blocks <= blocks; block += Blocks) multiply_blocks<Strands, Blocks>(matrix, in, out, block);
  if constexpr (Blocks > 1) {
    for (; block < blocks; ++block) multiply_blocks<Strands, 1>(matrix, in, out, block);
  }
}

void multiply_avx2(const FloatMatrix& matrix, const float* const* in, float* const* out, std::size_t batch) {
  std::size_t strand = 0;
  for (; strand + 4 <= batch; strand += 4) multiply_tile<4, 1>(matrix, in + strand, out + strand);
  if (strand + 2 <= batch) {
    multiply_tile<2, 2>(matrix, in + strand, out + strand);
    strand += 2;
  }
  if (strand < batch) multiply_tile<1, 4>(matrix, in + strand, out + strand);
}

constexpr std::size_t kPanelCols = 2 * kLanes;

/// `count` columns of b from `first` on, zero beside them: aligned, and free of the cache conflicts of long strides.
struct GramPanel {
  std::size_t first;
  std::size_t count;
  alignas(kVectorBytes) float cells[kGramRows][kPanelCols];
};

void load_panel(FloatRows b, std::size_t rows, std::size_t first, GramPanel& panel) {
  panel.first = first;
  panel.count = std::min(kPanelCols, b.cols - first);
  for (std::size_t row = 0; row < rows; ++row) {
    const float* const cells = b.cells + row * b.stride + first;
    if (panel.count == kPanelCols) {
      std::copy_n(cells, kPanelCols, panel.cells[row]);
    } else {
      std::fill(std::copy_n(cells, panel.count, panel.cells[row]), panel.cells[row] + kPanelCols, 0.0F);
    }
  }
}

/// Rows i … i + Cols of the Gram matrix, the columns of the panel.
template <std::size_t Cols>
[[ACTZ_TARGET_AVX2]] void gram_tile(FloatRows a, const GramPanel& panel, std::size_t rows, std::size_t i, double* gram,
                                    std::size_t gram_cols) {
  __m256 sums[Cols][2];
#pragma GCC unroll 8
  for (std::size_t c = 0; c < Cols; ++c) sums[c][0] = sums[c][1] = _mm256_setzero_ps();
  const float* left = a.cells + i;
  for (std::size_t row = 0; row < rows; ++row, left += a.stride) {
    const __m256 right0 = _mm256_load_ps(panel.cells[row]);
    const __m256 right1 = _mm256_load_ps(panel.cells[row] + kLanes);
#pragma GCC unroll 8
    for (std::size_t c = 0; c < Cols; ++c) {
      const __m256 cell = _mm256_set1_ps(left[c]);
      sums[c][0] = add_product(sums[c][0], cell, right0);
      sums[c][1] = add_product(sums[c][1], cell, right1);
    }
  }
#pragma GCC unroll 8
  for (std::size_t c = 0; c < Cols; ++c) {
    alignas(kVectorBytes) float cells[kPanelCols];
    _mm256_store_ps(cells, sums[c][0]);
    _mm256_store_ps(cells + kLanes, sums[c][1]);
    add_to_gram(gram + (i + c) * gram_cols + panel.first, cells, panel.count);
  }
}

void gram_block_avx2(FloatRows a, FloatRows b, std::size_t rows, double* gram) {
  GramPanel panel;
  for (std::size_t first = 0; first < b.cols; first += kPanelCols) {
    load_panel(b, rows, first, panel);
    std::size_t i = 0;
    for (; i + 4 <= a.cols; i += 4) gram_tile<4>(a, panel, rows, i, gram, b.cols);
    for (; i < a.cols; ++i) gram_tile<1>(a, panel, rows, i, gram, b.cols);
  }
}

}  // namespace

const FloatLinearKernels kFloatLinearAvx2 = {multiply_avx2, gram_block_avx2};

}  // namespace actz

#endif
