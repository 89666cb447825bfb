#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "linear/float_linear.hpp"
#include "transform/enc_task_metric.hpp"
#include "transform/synthesis.hpp"

namespace actz {

/// The encoder's inverse of the synthesis: least-squares coefficients of an innovation row, in quantiser steps. With a
/// metric, squares are weighted: columns that were dropped then leave an error that the task minds least.
class RowAnalysis {
 public:
  /// @param metric  of `channels`, or none; a block synthesis takes its diagonal blocks.
  RowAnalysis(const Synthesis& synthesis, std::uint32_t channels, const TaskMetric* metric = nullptr);

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
  std::vector<float> reciprocal_;  // diagonal
  std::vector<Block> blocks_;
  std::vector<float> column_energy_;
};

}  // namespace actz
