#include "quantize/enc_trellis_kernels.hpp"

namespace actz {
namespace {

struct Scalar {
  static void gather(const std::uint64_t* from, const I32x16& index, I32x16& low, I32x16& high) {
    for (std::size_t i = 0; i < kTrellisRows; ++i) {
      const std::uint64_t entry = from[index[i]];
      low[i] = static_cast<std::int32_t>(entry);
      high[i] = static_cast<std::int32_t>(entry >> 32);
    }
  }
  static void look_up(const std::int32_t* from, const I32x16& index, I32x16& to) {
    for (std::size_t i = 0; i < kTrellisRows; ++i) to[i] = from[index[i]];
  }
};

template <unsigned StateBits>
void trellis_scalar(const TrellisQuantizer::Tables& tables, const float* coefficients, TrellisStep* steps,
                    std::int16_t* levels) {
  trellis::run<StateBits, Scalar>(tables, coefficients, steps, levels);
}

}  // namespace

TrellisKernel trellis_kernel_scalar(unsigned state_bits) {
  return state_bits == 0 ? trellis_scalar<0> : state_bits == 2 ? trellis_scalar<2> : trellis_scalar<3>;
}

}  // namespace actz
