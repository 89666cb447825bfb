#include "linear/int_linear_kernels.hpp"

namespace actz {
namespace {

/// Outputs innermost, so that the compiler may vectorise them; g++ does so only where it has not unrolled them first.
void accumulate_scalar(const PackedMatrix& matrix, const std::int16_t* const* in, std::int32_t* const* acc,
                       std::size_t batch) {
  const std::size_t inputs = matrix.inputs();
  const std::size_t pairs = (inputs + 1) / 2;
  for (std::size_t strand = 0; strand < batch; ++strand) {
    const std::int16_t* weights = matrix.weights();
    for (std::size_t block = 0; block < matrix.outputs(); block += kOutputBlock) {
      std::uint32_t sums[kOutputBlock] = {};
      for (std::size_t pair = 0; pair < pairs; ++pair, weights += kOutputBlock * 2) {
        const std::int32_t first = in[strand][pair * 2];
        const std::int32_t second = in[strand][pair * 2 + 1];  // at the end of odd inputs, times 0
#pragma GCC unroll 1
        for (std::size_t o = 0; o < kOutputBlock; ++o) {
          sums[o] += static_cast<std::uint32_t>(weights[o * 2] * first);
          sums[o] += static_cast<std::uint32_t>(weights[o * 2 + 1] * second);
        }
      }
      for (std::size_t o = 0; o < kOutputBlock; ++o) {
        std::int32_t& cell = acc[strand][block + o];
        cell = elementwise::wrapping_sum(cell, static_cast<std::int32_t>(sums[o]));
      }
    }
  }
}

void round_shift_scalar(std::int32_t* acc, const std::uint8_t* shift, std::size_t count) {
  elementwise::round_shift(acc, shift, count);
}

void round_shift_saturate_scalar(const std::int32_t* in, const std::uint8_t* shift, std::int16_t* out,
                                 std::size_t count) {
  elementwise::round_shift_saturate(in, shift, out, count);
}

void to_float_scalar(const std::int32_t* in, const std::int32_t* centre, float unit, float* out, std::size_t count) {
  elementwise::to_real(in, centre, unit, out, count);
}

void to_double_scalar(const std::int32_t* in, const std::int32_t* centre, double unit, double* out, std::size_t count) {
  elementwise::to_real(in, centre, unit, out, count);
}

}  // namespace

const IntLinearKernels kIntLinearScalar = {accumulate_scalar, round_shift_scalar, round_shift_saturate_scalar,
                                           to_float_scalar, to_double_scalar};

}  // namespace actz
