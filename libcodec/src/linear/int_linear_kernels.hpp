#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/cpu_kernel.hpp"
#include "linear/int_linear.hpp"

/// The loops behind int_linear.hpp.

namespace actz {

/// Outputs of a block of PackedMatrix: block b holds, for each pair of inputs, the weights of both for each of
/// its 16 outputs: weights[((b · pairs + pair) · 16 + output) · 2 + parity].
inline constexpr std::size_t kOutputBlock = 16;

/// One instruction set's version of each function of int_linear.hpp.
struct IntLinearKernels {
  void (*accumulate)(const PackedMatrix& matrix, const std::int16_t* const* in, std::int32_t* const* acc,
                     std::size_t batch);
  void (*round_shift)(std::int32_t* acc, const std::uint8_t* shift, std::size_t count);
  void (*round_shift_saturate)(const std::int32_t* in, const std::uint8_t* shift, std::int16_t* out, std::size_t count);
  void (*to_float)(const std::int32_t* in, const std::int32_t* centre, float unit, float* out, std::size_t count);
  void (*to_double)(const std::int32_t* in, const std::int32_t* centre, double unit, double* out, std::size_t count);
};

extern const IntLinearKernels kIntLinearScalar;
#if defined(__x86_64__)
extern const IntLinearKernels kIntLinearAvx2;
extern const IntLinearKernels kIntLinearAvx512;
#endif

const IntLinearKernels& int_linear_kernels(CpuKernel kernel);

/// What a vector kernel handles at once: some strands, some pairs of inputs, all outputs.
struct LinearTile {
  const std::int16_t* weights;  ///< of the first pair in the first block
  std::size_t block_stride;     ///< elements from a block to the next
  std::size_t blocks;
  std::size_t first_input;
  std::size_t pairs;
  const std::int16_t* const* in;
  std::int32_t* const* acc;
};

using LinearTileFunction = void (*)(const LinearTile& tile);

/// Pairs of inputs of a tile, so that a kernel's copy of them stays on the stack and in the cache.
inline constexpr std::size_t kTilePairs = 512;

/// Cuts a product into tiles of nearly equal numbers of strands.
/// @param functions  functions[n] handles n strands, 1 ≤ n ≤ max_strands.
inline void accumulate_tiles(const LinearTileFunction* functions, std::size_t max_strands, const PackedMatrix& matrix,
                             const std::int16_t* const* in, std::int32_t* const* acc, std::size_t batch) {
  const std::size_t pairs = (matrix.inputs() + 1) / 2;
  const std::size_t blocks = (matrix.outputs() + kOutputBlock - 1) / kOutputBlock;
  for (std::size_t strand = 0; strand < batch;) {
    const std::size_t tiles_left = (batch - strand + max_strands - 1) / max_strands;
    const std::size_t strands = (batch - strand + tiles_left - 1) / tiles_left;
    for (std::size_t pair = 0; pair < pairs; pair += kTilePairs) {
      functions[strands]({matrix.weights() + pair * kOutputBlock * 2, pairs * kOutputBlock * 2, blocks, pair * 2,
                          std::min(kTilePairs, pairs - pair), in + strand, acc + strand});
    }
    strand += strands;
  }
}

/// Elementwise bodies, inlined into functions for each instruction set so that the compiler vectorises each.
namespace elementwise {

[[gnu::always_inline]] inline std::int32_t wrapping_sum(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}

[[gnu::always_inline]] inline std::int32_t rounded(std::int32_t value, std::uint32_t shift) {
  // (1 << shift) >> 1 is 0 at shift 0.
  return wrapping_sum(value, static_cast<std::int32_t>((std::uint32_t{1} << shift) >> 1)) >> shift;
}

[[gnu::always_inline]] inline void round_shift(std::int32_t* __restrict acc, const std::uint8_t* __restrict shift,
                                               std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) acc[i] = rounded(acc[i], shift[i]);
}

[[gnu::always_inline]] inline void round_shift_saturate(const std::int32_t* __restrict in,
                                                        const std::uint8_t* __restrict shift,
                                                        std::int16_t* __restrict out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::int32_t value = rounded(in[i], shift[i]);
    const std::int32_t above = value < -32768 ? -32768 : value;
    out[i] = static_cast<std::int16_t>(above > 32767 ? 32767 : above);
  }
}

template <class Real>
[[gnu::always_inline]] inline void to_real(const std::int32_t* __restrict in, const std::int32_t* __restrict centre,
                                           Real unit, Real* __restrict out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<Real>(wrapping_sum(in[i], centre[i])) * unit;
}

}  // namespace elementwise
}  // namespace actz
