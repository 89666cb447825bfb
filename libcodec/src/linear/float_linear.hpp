#pragma once

#include <cstddef>
#include <span>

#include "linear/aligned_vector.hpp"

/// Float products of the encoder and of `fit`. Not normative, but every kernel performs the same operations in
/// the same order (multiply, then add; never fused), so a build writes the same bytes on every CPU.

namespace actz {

/// A float matrix laid out for the kernels, rows padded to 16 outputs.
class FloatMatrix {
 public:
  FloatMatrix() = default;
  /// @param row_major  outputs × inputs.
  FloatMatrix(std::size_t outputs, std::size_t inputs, std::span<const float> row_major);
  std::size_t outputs() const { return outputs_; }
  std::size_t inputs() const { return inputs_; }
  const float* weights() const { return weights_.data(); }

 private:
  std::size_t outputs_ = 0;
  std::size_t inputs_ = 0;
  AlignedVector<float> weights_;
};

/// out[g][o] = Σ_i W[o][i] · in[g][i], summed from i = 0 upwards in binary32.
/// @param out  batch pointers to outputs() floats padded to a multiple of 32; padding may be overwritten.
void multiply(const FloatMatrix& matrix, std::span<const float* const> in, std::span<float* const> out);

/// gram[i * cols_b + j] += Σ_r a[r][i] · b[r][j] over `rows` rows: blocks of 256 rows are summed in binary32 in
/// row order, the blocks in binary64.
/// @param a  rows × stride_a floats, the first cols_a of each used; b likewise.
void accumulate_gram(const float* a, std::size_t stride_a, std::size_t cols_a, const float* b, std::size_t stride_b,
                     std::size_t cols_b, std::size_t rows, double* gram);

}  // namespace actz
