#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "predict/match.hpp"
#include "predict/match_memory.hpp"

namespace actz {

/// A MatchModel made ready to run. Encoder and decoder run the same code.
class MatchPredictor {
 public:
  /// @param model        with classes; borrowed.
  /// @param input_shift  of the linear predictor: one per channel, or none without lags.
  MatchPredictor(const MatchModel& model, std::span<const std::uint8_t> input_shift, std::size_t channels)
      : model_(model), input_shift_(input_shift), channels_(channels) {}

  /// Adds the matched row, damped by the gains of its class, to an accumulator with `shift` more fraction bits.
  void add(const MatchMemory& memory, const RowMatch& match, unsigned shift, std::int32_t* acc) const;

  /// What the linear predictor sees of row t − lag: by how much it differs from the row so many before the match.
  /// @param row   of the chunk, the one that is predicted.
  /// @param work  channels() values.
  /// @return false if that row or its counterpart does not exist: the lag then contributes nothing.
  bool lag_input(const MatchMemory& memory, std::size_t row, std::size_t lag, const RowMatch& match, std::int32_t* work,
                 std::int16_t* input) const;

 private:
  const MatchModel& model_;
  std::span<const std::uint8_t> input_shift_;
  std::size_t channels_;
};

}  // namespace actz
