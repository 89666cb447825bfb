#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rows/step_plan.hpp"

namespace actz {

/// Rows held in memory to train on: a sample of the dumps, with some strands kept apart to measure on.
struct TrainingRows {
  std::uint32_t channels = 0;
  std::vector<float> values;  ///< row-major, centred, in fixed-point units of the step being tried
  std::vector<double> mean;   ///< of `values`, per channel, in the same units; empty: 0
  std::vector<Strand> train;  ///< row ranges in `values`
  std::vector<Strand> held_out;
  double unit = 1.0;                     ///< of `values`
  std::uint32_t reference_channels = 0;  ///< 0: no reference
  std::vector<float> reference;          ///< the same rows of another tensor, as they are
  bool all_within_reach = true;          ///< of fixed-point rows in this unit

  const float* row(std::size_t index) const { return &values[index * channels]; }
  std::size_t row_count() const { return values.size() / channels; }
  /// Changes the fixed-point unit: rescales the values in place.
  void rescale(double new_unit);
  /// A row as encoders take it, after rescale: what lies beyond the reach of fixed-point rows is 0.
  const float* row_within_reach(std::size_t index, float* room) const;
};

/// Strands in groups of about so many values: what rows may be matched with ends at a group, as it ends at a chunk.
std::vector<std::span<const Strand>> chunk_groups(std::span<const Strand> strands, std::uint32_t channels,
                                                  std::uint64_t group_values);

}  // namespace actz
