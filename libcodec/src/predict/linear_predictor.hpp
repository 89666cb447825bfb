#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "linear/int_linear.hpp"
#include "linear/row_block.hpp"
#include "predict/predictor.hpp"

namespace actz {

/// A Predictor made ready to run. Encoder and decoder run the same code.
/// Other sources of prediction (references, matched rows) add their products to the same accumulators.
class LinearPredictor {
 public:
  LinearPredictor(const Predictor& predictor, std::uint32_t channels);

  /// Inputs for each lag, in the order of the lags: one row for each row to predict, null where the lag contributes
  /// nothing, as one that reaches before row 0.
  using LagInputs = std::vector<std::vector<const std::int16_t*>>;

  /// Writes to acc[i] the prediction of row i, with the precision of the synthesis.
  /// Thread-compatible: one instance per thread of work space.
  void predict(const LagInputs& inputs, std::span<std::int32_t* const> acc) const;

  /// Stores a decoded fixed-point row in the form the predictor reads.
  void remember(const std::int32_t* row, std::int16_t* slot) const;

  std::size_t history_rows() const { return predictor_.longest_lag(); }
  std::span<const std::uint16_t> lags() const { return predictor_.lags; }
  std::span<const std::uint8_t> input_shift() const { return predictor_.input_shift; }

 private:
  Predictor predictor_;
  std::size_t channels_;
  std::vector<PackedMatrix> by_lag_;  // dense: channels × channels; low rank: rank × channels
  PackedMatrix up_;
};

}  // namespace actz
