#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "linear/int_linear.hpp"
#include "linear/row_block.hpp"
#include "predict/predictor.hpp"
#include "predict/row_history.hpp"

namespace actz {

/// A Predictor made ready to run. Encoder and decoder run the same code.
/// Later sources of prediction (references, matched rows) add their products to the same accumulators.
class LinearPredictor {
 public:
  LinearPredictor(const Predictor& predictor, std::uint32_t channels);

  /// Writes to acc[i] the prediction of row `t` of strand strands[i], with the precision of the synthesis.
  /// Lags that reach before row 0 contribute nothing. Thread-compatible: one instance per thread of work space.
  void predict(const RowHistory& history, std::size_t t, std::span<const std::uint32_t> strands,
               std::span<std::int32_t* const> acc) const;

  /// Stores a decoded fixed-point row in the form the predictor reads.
  void remember(const std::int32_t* row, std::int16_t* slot) const;

  std::size_t history_rows() const { return predictor_.longest_lag(); }

 private:
  Predictor predictor_;
  std::size_t channels_;
  std::vector<PackedMatrix> by_lag_;  // dense: channels × channels; low rank: rank × channels
  PackedMatrix up_;
};

}  // namespace actz
