#pragma once

#include <cstdint>
#include <vector>

#include "fit/training_rows.hpp"
#include "pipeline/buffered_elements.hpp"
#include "pipeline/tensor_plan.hpp"

namespace actz {

/// Rows of a tensor to learn or to measure on, as floats.
struct TensorSample {
  TrainingRows rows;                     ///< centred on `centre`, unit 1; all strands in `train`
  std::vector<std::uint64_t> first_row;  ///< of each strand, over all sequences of the tensor
  std::vector<double> centre;            ///< per channel
  double energy = 0;                     ///< Σ(x − mean)²
  bool whole_tensor = false;
  std::size_t front_strands = 0;  ///< the first ones of the tensor, without a gap
  double rest_weight = 1;         ///< strands of the tensor that each of the others stands for
};

/// Reads strands spread evenly over a rewindable source, or the first ones of a pipe, up to max_values values; before
/// them `front_strands` from the front. NaN and ±Inf read as the mean of their channel.
Result<TensorSample> sample_tensor(BufferedElements& elements, DType dtype, const TensorViewPlan& view,
                                   std::uint64_t strand_rows, std::uint64_t max_values,
                                   std::uint64_t front_strands = 0);

}  // namespace actz
