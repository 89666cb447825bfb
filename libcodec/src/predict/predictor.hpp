#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "predict/network.hpp"

namespace actz {

/// Values are the ids of format_spec/registry/predictors.csv.
enum class PredictorKind : std::uint8_t { none = 0, dense = 1, low_rank = 2, network = 3 };

/// Linear prediction of a row from earlier decoded rows of its strand (format_spec/04_transforms.md).
/// Inputs are the saturated int16 rows x̂_{t−lag}, one after the other in the order of `lags`.
struct Predictor {
  PredictorKind kind = PredictorKind::none;
  std::vector<std::uint16_t> lags;         ///< ascending, ≥ 1
  std::vector<std::uint8_t> input_shift;   ///< channels; x̂ >> input_shift, saturated, is what the matrix sees
  std::vector<std::int16_t> matrix;        ///< dense, network: channels × (lags · channels)
  std::uint16_t rank = 0;                  ///< low_rank: rows of `down`
  std::vector<std::int16_t> down;          ///< low_rank: rank × (lags · channels)
  std::vector<std::uint8_t> down_shift;    ///< low_rank: rank
  std::vector<std::int16_t> up;            ///< low_rank: channels × rank
  std::vector<std::uint8_t> output_shift;  ///< channels; brings sums to the precision of the synthesis
  Network network;                         ///< network: beside the matrix

  std::size_t longest_lag() const { return lags.empty() ? 0 : lags.back(); }
};

}  // namespace actz
