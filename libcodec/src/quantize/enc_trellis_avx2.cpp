#include "quantize/enc_trellis_kernels.hpp"

#if defined(__x86_64__)
namespace actz {
namespace {

template <unsigned StateBits>
[[gnu::target("avx2,popcnt,bmi")]] void trellis_avx2(const TrellisQuantizer::Tables& tables, const float* coefficients, TrellisStep* steps,
                    std::int16_t* levels) {
  trellis::run<StateBits>(tables, coefficients, steps, levels);
}

}  // namespace

TrellisKernel trellis_kernel_avx2(unsigned state_bits) {
  return state_bits == 0 ? trellis_avx2<0> : state_bits == 2 ? trellis_avx2<2> : trellis_avx2<3>;
}

}  // namespace actz

#endif
