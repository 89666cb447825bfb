#include "quantize/enc_trellis_kernels.hpp"

namespace actz {
namespace {

/// Four lanes, which every processor has.
struct Scalar : Vectors<4> {
  static void gather(const std::uint64_t* from, const I32& index, I32& low, I32& high) {
    for (std::size_t i = 0; i < kLanes; ++i) {
      const std::uint64_t entry = from[index[i]];
      low[i] = static_cast<std::int32_t>(entry);
      high[i] = static_cast<std::int32_t>(entry >> 32);
    }
  }
  static void look_up(const std::int32_t* from, const I32& index, I32& to) {
    for (std::size_t i = 0; i < kLanes; ++i) to[i] = from[index[i]];
  }
};

template <unsigned StateBits, TrellisContexts Contexts>
void trellis_scalar(const TrellisQuantizer::Tables& tables, const float* coefficients, std::size_t rows,
                    TrellisStep* steps, std::int16_t* levels) {
  Trellis<Scalar, StateBits, Contexts>::run(tables, coefficients, rows, steps, levels);
}

}  // namespace

TrellisKernel trellis_kernel_scalar(unsigned state_bits, TrellisContexts contexts) {
  return ACTZ_SELECT_TRELLIS(trellis_scalar, state_bits, contexts);
}

}  // namespace actz
