#include "quantize/enc_trellis_kernels.hpp"

namespace actz {
namespace {

template <unsigned StateBits>
void trellis_scalar(const TrellisQuantizer::Tables& tables, const float* coefficients, TrellisStep* steps,
                    std::int16_t* levels) {
  trellis::run<StateBits>(tables, coefficients, steps, levels);
}

}  // namespace

TrellisKernel trellis_kernel_scalar(unsigned state_bits) {
  return state_bits == 0 ? trellis_scalar<0> : state_bits == 2 ? trellis_scalar<2> : trellis_scalar<3>;
}

}  // namespace actz

