#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "linear/aligned_vector.hpp"

/// The one normative matrix product of the format (format_spec/04_transforms.md):
/// acc[o] += Σ_i W[o][i] · in[i], int16 operands, sums modulo 2^32 (two's complement).
/// Because the sum wraps, its order does not matter, and every kernel gives the same bits.

namespace actz {

/// Rows of int32 accumulators and int16 inputs are padded to this many elements; best if 64-byte aligned too.
inline constexpr std::size_t kLinearPadding = 32;

/// An int16 matrix laid out for the kernels.
class PackedMatrix {
 public:
  PackedMatrix() = default;
  /// @param row_major  outputs × inputs weights, output major (the order of the format).
  PackedMatrix(std::size_t outputs, std::size_t inputs, std::span<const std::int16_t> row_major);

  std::size_t outputs() const { return outputs_; }
  std::size_t inputs() const { return inputs_; }
  bool empty() const { return weights_.empty(); }
  const std::int16_t* weights() const { return weights_.data(); }

 private:
  std::size_t outputs_ = 0;
  std::size_t inputs_ = 0;
  AlignedVector<std::int16_t> weights_;  // blocks of 16 outputs × pairs of inputs; see int_linear_kernels.hpp
};

/// Adds W·in[g] to acc[g] for `batch` strands in lockstep, so that each weight is loaded once.
/// @param in   batch pointers to inputs() int16; elements up to the next even index must be readable and are
///             ignored (the weight beside them is 0).
/// @param acc  batch pointers to outputs() int32, padded to a multiple of kLinearPadding; padding may be overwritten.
void accumulate(const PackedMatrix& matrix, std::span<const std::int16_t* const> in,
                std::span<std::int32_t* const> acc);

// The arrays of the following may not overlap and need neither padding nor alignment.

/// acc[o] = (acc[o] + half) >> shift[o], half = shift ? 1 << (shift − 1) : 0, the addition modulo 2^32,
/// the shift arithmetic. shift[o] is 0…31.
void round_shift(std::int32_t* acc, const std::uint8_t* shift, std::size_t count);

/// out[o] = clamp(round_shift(in[o], shift[o]), −32768, 32767).
void round_shift_saturate(const std::int32_t* in, const std::uint8_t* shift, std::int16_t* out, std::size_t count);

/// out[o] = float(in[o] + centre[o]) · unit: the sum modulo 2^32, then one conversion and one multiplication, each
/// rounded to nearest even.
void to_float(const std::int32_t* in, const std::int32_t* centre, float unit, float* out, std::size_t count);

/// The same in binary64.
void to_double(const std::int32_t* in, const std::int32_t* centre, double unit, double* out, std::size_t count);

}  // namespace actz
