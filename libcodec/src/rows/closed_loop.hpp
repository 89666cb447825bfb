#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "linear/row_block.hpp"
#include "predict/linear_predictor.hpp"
#include "predict/reference.hpp"
#include "profile/codec_model.hpp"
#include "rows/step_plan.hpp"
#include "transform/row_synthesis.hpp"

namespace actz {

/// What encoder and decoder compute identically for each row: prediction from decoded rows, then the row itself
/// from prediction and quantised innovation. Integers only (format_spec/04_transforms.md).
class ClosedLoop {
 public:
  explicit ClosedLoop(const CodecModel& model);

  /// Work space for one chunk.
  class State {
   public:
    /// @param reference  inputs of ReferencePredictor for every row of the chunk, borrowed; null if the model has none.
    State(const ClosedLoop& loop, std::size_t strands, std::size_t largest_step_rows,
          const RowBlock<std::int16_t>* reference = nullptr);

   private:
    friend class ClosedLoop;
    RowHistory history_;
    RowBlock<std::int32_t> rows_;
    const RowBlock<std::int16_t>* reference_;
  };

  /// Predictions of the rows of a step, one per entry, with `synthesis_shift()` fraction bits beyond the
  /// fixed-point unit.
  std::span<std::int32_t* const> predict(State& state, const StepRows& step) const;

  /// Turns the predictions into decoded fixed-point rows and remembers them.
  /// @param quantised  one row of coefficients per entry, padded to an even count.
  std::span<std::int32_t* const> reconstruct(State& state, const StepRows& step,
                                             std::span<const std::int16_t* const> quantised) const;

  bool has_lags() const { return predictor_.history_rows() > 0; }
  std::uint8_t synthesis_shift() const { return synthesis_shift_; }
  /// Null if the model has no reference.
  const ReferencePredictor* reference() const { return reference_ ? &*reference_ : nullptr; }

 private:
  std::uint32_t channels_;
  std::uint8_t synthesis_shift_;
  LinearPredictor predictor_;
  std::optional<ReferencePredictor> reference_;
  RowSynthesis synthesis_;
};

}  // namespace actz
