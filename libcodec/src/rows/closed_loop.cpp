#include "rows/closed_loop.hpp"

#include <algorithm>

namespace actz {

ClosedLoop::ClosedLoop(const CodecModel& model)
    : channels_(model.channels),
      synthesis_shift_(model.synthesis.shift),
      predictor_(model.predictor, model.channels),
      match_model_(model.match),
      synthesis_(model.synthesis, model.channels) {
  if (model.reference.channels > 0) reference_.emplace(model.reference, model.channels);
  if (const Network& network = model.predictor.network; !network.layers.empty()) {
    const bool matched = match_model_.classes > 0;
    network_.emplace(network, channels_, Network::rows_seen(model.predictor.lags.size(), matched));
  }
  if (match_model_.classes > 0) match_.emplace(match_model_, predictor_.input_shift(), channels_);
}

ClosedLoop::State::State(const ClosedLoop& loop, std::span<const Strand> strands, std::size_t largest_step_rows,
                         const RowsBeside& beside)
    : history_(strands.size(), loop.channels_, loop.match_ ? 0 : loop.predictor_.history_rows()),
      rows_(largest_step_rows, loop.channels_),
      reference_(beside.reference),
      inputs_(loop.predictor_.lags().size()),
      seen_(loop.network_ ? loop.network_->rows_seen() : 0) {
  if (!loop.match_) return;
  for (std::size_t i = 0; i < seen_.size(); ++i) seen_rows_.emplace_back(largest_step_rows, loop.channels_);
  memory_.emplace(strands.back().first_row + strands.back().row_count, loop.channels_, beside.stored);
  for (std::size_t i = 0; i < inputs_.size(); ++i) lag_rows_.emplace_back(largest_step_rows, loop.channels_);
  work_.resize(loop.channels_);
}

void ClosedLoop::set_inputs(State& state, const StepRows& step, std::span<const RowMatch> matches) const {
  const std::span<const std::uint16_t> lags = predictor_.lags();
  for (std::size_t index = 0; index < lags.size(); ++index) {
    const std::size_t lag = lags[index];
    auto& inputs = state.inputs_[index];
    inputs.assign(step.row.size(), nullptr);
    if (lag > step.t) continue;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (!match_) {
        inputs[i] = state.history_.row(step.t - lag, step.strand[i]);
      } else {
        std::int16_t* const input = state.lag_rows_[index].row(i);
        const bool exists = match_->lag_input(*state.memory_, step.row[i], lag, matches[i], state.work_.data(), input);
        if (exists) inputs[i] = input;
      }
    }
  }
}

const NetworkPredictor::Inputs& ClosedLoop::network_inputs(State& state, const StepRows& step,
                                                           std::span<const RowMatch> matches) const {
  const std::span<const std::uint16_t> lags = predictor_.lags();
  for (auto& rows : state.seen_) rows.assign(step.row.size(), nullptr);
  const auto see = [&](std::size_t number, std::size_t i, const std::int32_t* row) {
    if (row == nullptr) return;
    std::int16_t* const to = state.seen_rows_[number].row(i);
    predictor_.remember(row, to);
    state.seen_[number][i] = to;
  };
  for (std::size_t i = 0; i < step.row.size(); ++i) {
    for (std::size_t l = 0; l < lags.size(); ++l) {
      if (lags[l] > step.t) continue;
      if (match_) {
        see(l, i, state.memory_->decoded(step.row[i] - lags[l]));
      } else {
        state.seen_[l][i] = state.history_.row(step.t - lags[l], step.strand[i]);
      }
    }
    if (!match_ || matches[i].match_class == 0) continue;
    const std::uint32_t address = matches[i].address;
    see(lags.size(), i, state.memory_->at(address));
    for (std::size_t l = 0; l < lags.size(); ++l) see(lags.size() + 1 + l, i, state.memory_->before(address, lags[l]));
  }
  return state.seen_;
}

std::span<std::int32_t* const> ClosedLoop::predict(State& state, const StepRows& step,
                                                   std::span<const RowMatch> matches) const {
  const auto rows = predict_roughly(state, step, matches);
  if (network_) network_->add(network_inputs(state, step, matches), rows);
  return rows;
}

std::span<std::int32_t* const> ClosedLoop::predict_roughly(State& state, const StepRows& step,
                                                           std::span<const RowMatch> matches) const {
  const auto rows = state.rows_.first(step.row.size());
  set_inputs(state, step, matches);
  predictor_.predict(state.inputs_, rows);
  if (reference_) reference_->add(*state.reference_, step.row, step.position, rows);
  for (std::size_t i = 0; match_ && i < rows.size(); ++i) {
    match_->add(*state.memory_, matches[i], synthesis_shift_, rows[i]);
  }
  return rows;
}

std::span<std::int32_t* const> ClosedLoop::reconstruct(State& state, const StepRows& step,
                                                       std::span<const std::int16_t* const> quantised) const {
  const auto rows = state.rows_.first(step.row.size());
  synthesis_.reconstruct(quantised, rows);
  if (match_) {
    state.memory_->add(step.row, step.position, rows);
  } else if (has_lags()) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      predictor_.remember(rows[i], state.history_.slot(step.t, step.strand[i]));
    }
  }
  return rows;
}

}  // namespace actz
