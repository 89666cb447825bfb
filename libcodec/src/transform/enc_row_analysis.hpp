#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "linear/float_linear.hpp"
#include "linear/int_linear.hpp"
#include "transform/enc_task_metric.hpp"
#include "transform/synthesis.hpp"

namespace actz {

/// The encoder's inverse of the synthesis: least-squares coefficients of an innovation row, in quantiser steps. With a
/// metric, squares are weighted: columns that were dropped then leave an error that the task minds least.
/// The coarse analysis multiplies integers of 16 bits: a quarter of the time, for coefficients that are off by about a
/// thousandth of their size.
class RowAnalysis {
 public:
  /// @param metric  of `channels`, or none; a block synthesis takes its diagonal blocks.
  RowAnalysis(const Synthesis& synthesis, std::uint32_t channels, const TaskMetric* metric = nullptr,
              bool coarse = false);

  /// @param innovation    rows of channels, in fixed-point units.
  /// @param coefficients  rows of coefficients, padded to a multiple of 32.
  void analyse(std::span<const float* const> innovation, std::span<float* const> coefficients) const;

  /// Squared norm of each column of S in fixed-point units, or in the metric: the distortion of an error of one step.
  const std::vector<float>& column_energy() const { return column_energy_; }

 private:
  struct Block {
    std::size_t first_channel = 0;
    std::size_t first_coefficient = 0;
    FloatMatrix inverse;
  };
  bool analyse_coarsely(std::span<const float* const> innovation, std::span<float* const> coefficients) const;

  std::vector<float> reciprocal_;  // diagonal
  std::vector<Block> blocks_;
  std::vector<float> column_energy_;
  PackedMatrix coarse_;              ///< of the only block, each row by a factor of its own; or empty
  std::vector<float> coarse_scale_;  ///< what takes the factor back
};

}  // namespace actz
