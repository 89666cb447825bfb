#include "linear/int_linear.hpp"

#include <cassert>

#include "linear/int_linear_kernels.hpp"

namespace actz {

PackedMatrix::PackedMatrix(std::size_t outputs, std::size_t inputs, std::span<const std::int16_t> row_major)
    : outputs_(outputs), inputs_(inputs) {
  assert(row_major.size() == outputs * inputs);
  const std::size_t pairs = (inputs + 1) / 2;
  const std::size_t blocks = (outputs + kOutputBlock - 1) / kOutputBlock;
  weights_.assign(blocks * pairs * kOutputBlock * 2, 0);
  for (std::size_t output = 0; output < outputs; ++output) {
    const std::size_t first = (output / kOutputBlock * pairs * kOutputBlock + output % kOutputBlock) * 2;
    for (std::size_t i = 0; i < inputs; ++i) {
      weights_[first + i / 2 * kOutputBlock * 2 + i % 2] = row_major[output * inputs + i];
    }
  }
}

const IntLinearKernels& int_linear_kernels(CpuKernel kernel) {
#if defined(__x86_64__)
  if (kernel == CpuKernel::avx512) return kIntLinearAvx512;
  if (kernel == CpuKernel::avx2) return kIntLinearAvx2;
#endif
  static_cast<void>(kernel);
  return kIntLinearScalar;
}

void accumulate(const PackedMatrix& matrix, std::span<const std::int16_t* const> in,
                std::span<std::int32_t* const> acc) {
  assert(in.size() == acc.size());
  int_linear_kernels(active_cpu_kernel()).accumulate(matrix, in.data(), acc.data(), acc.size());
}

void round_shift(std::int32_t* acc, const std::uint8_t* shift, std::size_t count) {
  int_linear_kernels(active_cpu_kernel()).round_shift(acc, shift, count);
}

void round_shift_saturate(const std::int32_t* in, const std::uint8_t* shift, std::int16_t* out, std::size_t count) {
  int_linear_kernels(active_cpu_kernel()).round_shift_saturate(in, shift, out, count);
}

void to_float(const std::int32_t* in, const std::int32_t* centre, float unit, float* out, std::size_t count) {
  int_linear_kernels(active_cpu_kernel()).to_float(in, centre, unit, out, count);
}

void to_double(const std::int32_t* in, const std::int32_t* centre, double unit, double* out, std::size_t count) {
  int_linear_kernels(active_cpu_kernel()).to_double(in, centre, unit, out, count);
}

}  // namespace actz
