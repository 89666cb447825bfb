#include "predict/linear_predictor.hpp"

#include <algorithm>
#include <utility>

#include "linear/matrix_columns.hpp"

namespace actz {
LinearPredictor::LinearPredictor(const Predictor& predictor, std::uint32_t channels)
    : predictor_(predictor), channels_(channels) {
  const bool low_rank = predictor.kind == PredictorKind::low_rank;
  const std::vector<std::int16_t>& first = low_rank ? predictor.down : predictor.matrix;
  const std::size_t outputs = low_rank ? predictor.rank : channels_;
  for (std::size_t i = 0; i < predictor.lags.size(); ++i) {
    const auto part = columns_of(first, predictor.lags.size() * channels_, i * channels_, channels_);
    by_lag_.emplace_back(outputs, channels_, part);
  }
  if (low_rank) up_ = PackedMatrix(channels_, predictor.rank, predictor.up);
}

void LinearPredictor::predict(const LagInputs& inputs, std::span<std::int32_t* const> acc) const {
  for (std::int32_t* row : acc) std::fill_n(row, channels_, 0);
  if (predictor_.kind == PredictorKind::none) return;
  const bool low_rank = predictor_.kind == PredictorKind::low_rank;
  RowBlock<std::int32_t> reduced(low_rank ? acc.size() : 0, predictor_.rank);
  std::vector<std::int32_t*> sums(acc.begin(), acc.end());
  for (std::size_t i = 0; low_rank && i < sums.size(); ++i) sums[i] = reduced.row(i);

  std::vector<const std::int16_t*> from;
  std::vector<std::int32_t*> to;
  for (std::size_t lag = 0; lag < by_lag_.size(); ++lag) {
    from.clear();
    to.clear();
    for (std::size_t i = 0; i < sums.size(); ++i) {
      if (inputs[lag][i] == nullptr) continue;
      from.push_back(inputs[lag][i]);
      to.push_back(sums[i]);
    }
    if (!from.empty()) accumulate(by_lag_[lag], from, to);
  }
  if (low_rank) {
    RowBlock<std::int16_t> narrow(acc.size(), predictor_.rank);
    for (std::size_t i = 0; i < acc.size(); ++i) {
      round_shift_saturate(reduced.row(i), predictor_.down_shift.data(), narrow.row(i), predictor_.rank);
    }
    accumulate(up_, std::as_const(narrow).first(acc.size()), acc);
  }
  for (std::int32_t* row : acc) round_shift(row, predictor_.output_shift.data(), channels_);
}

void LinearPredictor::remember(const std::int32_t* row, std::int16_t* slot) const {
  round_shift_saturate(row, predictor_.input_shift.data(), slot, channels_);
}

}  // namespace actz
