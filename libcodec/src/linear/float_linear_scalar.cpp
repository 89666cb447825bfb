#include <algorithm>

#include "linear/float_linear_kernels.hpp"

namespace actz {
namespace {

// Outputs innermost, so that the compiler may vectorise them, which g++ does only where it has not unrolled them
// first. Each is still summed in the order of the inputs.

void multiply_scalar(const FloatMatrix& matrix, const float* const* in, float* const* out, std::size_t batch) {
  for (std::size_t strand = 0; strand < batch; ++strand) {
    const float* weights = matrix.weights();
    for (std::size_t block = 0; block < matrix.outputs(); block += kFloatBlock) {
      float sums[kFloatBlock] = {};
      for (std::size_t i = 0; i < matrix.inputs(); ++i, weights += kFloatBlock) {
        const float input = in[strand][i];
#pragma GCC unroll 1
        for (std::size_t o = 0; o < kFloatBlock; ++o) sums[o] += weights[o] * input;
      }
      std::copy_n(sums, kFloatBlock, out[strand] + block);
    }
  }
}

void gram_block_scalar(FloatRows a, FloatRows b, std::size_t rows, double* gram) {
  for (std::size_t first = 0; first < b.cols; first += kFloatBlock) {
    const std::size_t count = std::min(kFloatBlock, b.cols - first);
    float panel[kGramRows][kFloatBlock] = {};
    for (std::size_t row = 0; row < rows; ++row) std::copy_n(b.cells + row * b.stride + first, count, panel[row]);
    for (std::size_t i = 0; i < a.cols; ++i) {
      float sums[kFloatBlock] = {};
      for (std::size_t row = 0; row < rows; ++row) {
        const float cell = a.cells[row * a.stride + i];
#pragma GCC unroll 1
        for (std::size_t j = 0; j < kFloatBlock; ++j) sums[j] += cell * panel[row][j];
      }
      add_to_gram(gram + i * b.cols + first, sums, count);
    }
  }
}

}  // namespace

const FloatLinearKernels kFloatLinearScalar = {multiply_scalar, gram_block_scalar};

}  // namespace actz
