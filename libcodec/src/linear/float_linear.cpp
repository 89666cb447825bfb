#include "linear/float_linear.hpp"

#include <algorithm>
#include <cassert>

#include "linear/float_linear_kernels.hpp"

namespace actz {

FloatMatrix::FloatMatrix(std::size_t outputs, std::size_t inputs, std::span<const float> row_major)
    : outputs_(outputs), inputs_(inputs) {
  assert(row_major.size() == outputs * inputs);
  const std::size_t blocks = (outputs + kFloatBlock - 1) / kFloatBlock;
  weights_.assign(blocks * inputs * kFloatBlock, 0.0F);
  for (std::size_t output = 0; output < outputs; ++output) {
    const std::size_t first = output / kFloatBlock * inputs * kFloatBlock + output % kFloatBlock;
    for (std::size_t i = 0; i < inputs; ++i) weights_[first + i * kFloatBlock] = row_major[output * inputs + i];
  }
}

const FloatLinearKernels& float_linear_kernels(CpuKernel kernel) {
#if defined(__x86_64__)
  if (kernel == CpuKernel::avx512) return kFloatLinearAvx512;
  if (kernel == CpuKernel::avx2) return kFloatLinearAvx2;
#endif
  static_cast<void>(kernel);
  return kFloatLinearScalar;
}

void multiply(const FloatMatrix& matrix, std::span<const float* const> in, std::span<float* const> out) {
  assert(in.size() == out.size());
  float_linear_kernels(active_cpu_kernel()).multiply(matrix, in.data(), out.data(), out.size());
}

void accumulate_gram(const float* a, std::size_t stride_a, std::size_t cols_a, const float* b, std::size_t stride_b,
                     std::size_t cols_b, std::size_t rows, double* gram) {
  const FloatLinearKernels& kernels = float_linear_kernels(active_cpu_kernel());
  for (std::size_t row = 0; row < rows; row += kGramRows) {
    kernels.gram_block({a + row * stride_a, stride_a, cols_a}, {b + row * stride_b, stride_b, cols_b},
                       std::min(kGramRows, rows - row), gram);
  }
}

}  // namespace actz
