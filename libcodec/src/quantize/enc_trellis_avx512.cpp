#include "quantize/enc_trellis_kernels.hpp"

#if defined(__x86_64__)
namespace actz {
namespace {

template <unsigned StateBits>
[[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512")]] void trellis_avx512(const TrellisQuantizer::Tables& tables, const float* coefficients, TrellisStep* steps,
                    std::int16_t* levels) {
  trellis::run<StateBits>(tables, coefficients, steps, levels);
}

}  // namespace

TrellisKernel trellis_kernel_avx512(unsigned state_bits) {
  return state_bits == 0 ? trellis_avx512<0> : state_bits == 2 ? trellis_avx512<2> : trellis_avx512<3>;
}

}  // namespace actz

#endif
