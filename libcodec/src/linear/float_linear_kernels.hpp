#pragma once

#include <cstddef>

#include "base/cpu_kernel.hpp"
#include "linear/float_linear.hpp"

/// The loops behind float_linear.hpp. Each output is summed from zero in the order of the inputs (of the rows, for
/// Gram matrices), a product and a sum at a time, so that every kernel gives the same bits.

namespace actz {

/// Outputs of a block of FloatMatrix: weights[(block · inputs + input) · 16 + output].
inline constexpr std::size_t kFloatBlock = 16;

/// Rows of accumulate_gram() summed in binary32.
inline constexpr std::size_t kGramRows = 256;

/// Rows of floats, the first `cols` of each used.
struct FloatRows {
  const float* cells;
  std::size_t stride;
  std::size_t cols;
};

/// One instruction set's version of each function of float_linear.hpp.
struct FloatLinearKernels {
  void (*multiply)(const FloatMatrix& matrix, const float* const* in, float* const* out, std::size_t batch);
  /// rows ≤ kGramRows; adds one block.
  void (*gram_block)(FloatRows a, FloatRows b, std::size_t rows, double* gram);
};

extern const FloatLinearKernels kFloatLinearScalar;
#if defined(__x86_64__)
extern const FloatLinearKernels kFloatLinearAvx2;
extern const FloatLinearKernels kFloatLinearAvx512;
#endif

const FloatLinearKernels& float_linear_kernels(CpuKernel kernel);

/// Adds sums of a block to the Gram matrix; vectorised for the function that it is inlined into.
[[gnu::always_inline]] inline void add_to_gram(double* __restrict gram, const float* __restrict sums,
                                               std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) gram[i] += static_cast<double>(sums[i]);
}

}  // namespace actz
