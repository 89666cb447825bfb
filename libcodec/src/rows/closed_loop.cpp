#include "rows/closed_loop.hpp"

#include <algorithm>

namespace actz {

ClosedLoop::ClosedLoop(const CodecModel& model)
    : channels_(model.channels),
      synthesis_shift_(model.synthesis.shift),
      predictor_(model.predictor, model.channels),
      synthesis_(model.synthesis, model.channels) {
  if (model.reference.channels > 0) reference_.emplace(model.reference, model.channels);
}

ClosedLoop::State::State(const ClosedLoop& loop, std::size_t strands, std::size_t largest_step_rows,
                         const RowBlock<std::int16_t>* reference)
    : history_(strands, loop.channels_, loop.predictor_.history_rows()),
      rows_(largest_step_rows, loop.channels_),
      reference_(reference) {}

std::span<std::int32_t* const> ClosedLoop::predict(State& state, const StepRows& step) const {
  const auto rows = state.rows_.first(step.row.size());
  predictor_.predict(state.history_, step.t, step.strand, rows);
  if (reference_) reference_->add(*state.reference_, step.row, step.position, rows);
  return rows;
}

std::span<std::int32_t* const> ClosedLoop::reconstruct(State& state, const StepRows& step,
                                                       std::span<const std::int16_t* const> quantised) const {
  const auto rows = state.rows_.first(step.row.size());
  synthesis_.reconstruct(quantised, rows);
  if (has_lags()) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      predictor_.remember(rows[i], state.history_.slot(step.t, step.strand[i]));
    }
  }
  return rows;
}

}  // namespace actz
