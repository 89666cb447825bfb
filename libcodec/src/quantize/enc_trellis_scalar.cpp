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

template <unsigned StateBits, TrellisContexts Contexts>
void trellis_scalar(const TrellisQuantizer::Tables& tables, const float* coefficients, TrellisStep* steps,
                    std::int16_t* levels) {
  trellis::run<StateBits, Contexts, Scalar>(tables, coefficients, steps, levels);
}

}  // namespace

TrellisKernel trellis_kernel_scalar(unsigned state_bits, TrellisContexts contexts) {
  return ACTZ_SELECT_TRELLIS(trellis_scalar, state_bits, contexts);
}

}  // namespace actz
