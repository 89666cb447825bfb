#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "linear/row_block.hpp"
#include "predict/linear_predictor.hpp"
#include "predict/match_predictor.hpp"
#include "predict/network_predictor.hpp"
#include "predict/reference.hpp"
#include "predict/row_history.hpp"
#include "predict/stored_rows.hpp"
#include "profile/codec_model.hpp"
#include "rows/step_plan.hpp"
#include "transform/row_synthesis.hpp"

namespace actz {

/// What the rows of a chunk are predicted from beside each other; all borrowed.
struct RowsBeside {
  const RowBlock<std::int16_t>* reference = nullptr;  ///< inputs of ReferencePredictor for every row of the chunk
  const FixedStoredRows* stored = nullptr;            ///< in the units of the tensor
};

/// What encoder and decoder compute identically for each row: prediction from decoded rows, then the row itself
/// from prediction and quantised innovation. Integers only (format_spec/04_transforms.md).
class ClosedLoop {
 public:
  explicit ClosedLoop(const CodecModel& model);
  ClosedLoop(const ClosedLoop&) = delete;  // match_ refers to the others
  ClosedLoop& operator=(const ClosedLoop&) = delete;

  /// Work space for one chunk.
  class State {
   public:
    State(const ClosedLoop& loop, std::span<const Strand> strands, std::size_t largest_step_rows,
          const RowsBeside& beside = {});

    /// Rows that a row may be matched with; null if the model does not match rows.
    const MatchMemory* memory() const { return memory_ ? &*memory_ : nullptr; }

   private:
    friend class ClosedLoop;
    RowHistory history_;
    RowBlock<std::int32_t> rows_;
    const RowBlock<std::int16_t>* reference_;
    LinearPredictor::LagInputs inputs_;
    // of a model that matches rows
    std::optional<MatchMemory> memory_;
    std::vector<RowBlock<std::int16_t>> lag_rows_;
    std::vector<std::int32_t> work_;
    // of a model with a network
    std::vector<RowBlock<std::int16_t>> seen_rows_;
    NetworkPredictor::Inputs seen_;
  };

  /// Predictions of the rows of a step, one per entry, with `synthesis_shift()` fraction bits beyond the
  /// fixed-point unit.
  /// @param matches  of each row, if the model matches rows. They may be tried one after another.
  std::span<std::int32_t* const> predict(State& state, const StepRows& step,
                                         std::span<const RowMatch> matches = {}) const;

  /// The same without the network, which takes longer than all else: to compare matches.
  std::span<std::int32_t* const> predict_roughly(State& state, const StepRows& step,
                                                 std::span<const RowMatch> matches) const;

  /// The inputs of the network for the rows of a step; null entries are zeros. They last until the next call.
  const NetworkPredictor::Inputs& network_inputs(State& state, const StepRows& step,
                                                 std::span<const RowMatch> matches) const;

  /// Turns the predictions into decoded fixed-point rows and remembers them.
  /// @param quantised  one row of coefficients per entry, padded to an even count.
  std::span<std::int32_t* const> reconstruct(State& state, const StepRows& step,
                                             std::span<const std::int16_t* const> quantised) const;

  bool matches_rows() const { return match_.has_value(); }
  std::uint8_t synthesis_shift() const { return synthesis_shift_; }
  /// Null if the model has no network.
  const NetworkPredictor* network() const { return network_ ? &*network_ : nullptr; }
  /// Null if the model has no reference.
  const ReferencePredictor* reference() const { return reference_ ? &*reference_ : nullptr; }

 private:
  bool has_lags() const { return predictor_.history_rows() > 0; }
  void set_inputs(State& state, const StepRows& step, std::span<const RowMatch> matches) const;

  std::uint32_t channels_;
  std::uint8_t synthesis_shift_;
  LinearPredictor predictor_;
  std::optional<NetworkPredictor> network_;
  MatchModel match_model_;
  std::optional<MatchPredictor> match_;
  std::optional<ReferencePredictor> reference_;
  RowSynthesis synthesis_;
};

}  // namespace actz
