#pragma once

#include <span>
#include <utility>

#include "pipeline/dec_matches.hpp"
#include "pipeline/dec_step_levels.hpp"
#include "pipeline/prepared_model.hpp"

namespace actz {

/// Strands that are decoded step by step: work space, and what later rows are predicted from.
class RowSteps {
 public:
  /// All borrowed.
  RowSteps(const PreparedModel& model, std::span<const Strand> strands, std::size_t largest_step_rows,
           const RowsBeside& beside)
      : loop_(*model.loop),
        state_(loop_, strands, largest_step_rows, beside),
        matches_(model.model.match, strands.size()),
        levels_(largest_step_rows, model.symbols_per_row()) {}

  /// @param rows  out: the decoded rows of the step, which last until the next one.
  /// @return false when the data is broken.
  bool decode(StepLevels& source, const StepRows& step, std::span<std::int32_t* const>& rows) {
    const std::size_t count = step.row.size();
    if (!matches_.read(source.bypass(), state_.memory(), step)) return false;
    if (!source.read(count, matches_.start_activity(), levels_)) return false;
    (void)loop_.predict(state_, step, matches_.of_rows());
    rows = loop_.reconstruct(state_, step, std::as_const(levels_).first(count));
    return true;
  }

 private:
  const ClosedLoop& loop_;
  ClosedLoop::State state_;
  MatchReader matches_;
  RowBlock<std::int16_t> levels_;
};

/// The levels of a chunk or packet of a lossy model. All borrowed.
inline std::unique_ptr<StepLevels> make_levels(const ChunkParts& parts, const PreparedModel& model,
                                               std::size_t largest_step_rows) {
  return model.context_lanes ? make_context_levels(parts, model, largest_step_rows)
                             : make_static_levels(parts, model, largest_step_rows);
}

}  // namespace actz
