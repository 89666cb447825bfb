#include <optional>
#include <vector>

#include "pipeline/dec_chunk.hpp"
#include "pipeline/dec_step_levels.hpp"
#include "pipeline/row_output.hpp"
#include "rows/match_codes.hpp"

namespace actz {
namespace {

/// The matches of the rows of a step.
class StepMatches {
 public:
  StepMatches(const MatchModel& model, std::size_t strands) : model_(model), codes_(model, strands) {}

  bool read(BitReader& in, const MatchMemory& memory, const StepRows& step) {
    if (!codes_.read(in, memory.addresses(), step, matches_)) return false;
    start_activity_.clear();
    for (const RowMatch& match : matches_) start_activity_.push_back(model_.start_activity[match.match_class]);
    return true;
  }
  std::span<const RowMatch> of_rows() const { return matches_; }
  std::span<const std::int32_t> start_activity() const { return start_activity_; }

 private:
  const MatchModel& model_;
  MatchCodes codes_;
  std::vector<RowMatch> matches_;
  std::vector<std::int32_t> start_activity_;
};

}  // namespace

Status decode_lossy_rows(const ChunkParts& parts, const TensorHeader& tensor, const ChunkLayout& layout,
                         const PreparedModel& model, const ReferenceRows* reference, const FixedStoredRows* stored,
                         std::span<std::byte> to) {
  const StepPlan plan(layout.strands, model.model.in_lockstep());
  const std::size_t widest = plan.largest_step_rows();
  RowBlock<std::int16_t> side;
  if (const ReferencePredictor* predictor = model.loop->reference()) {
    side = reference_inputs(*predictor, *reference, tensor.reference_scale);
  }
  ClosedLoop::State state(*model.loop, layout.strands, widest, {&side, stored});
  RowBlock<std::int16_t> levels(widest, model.symbols_per_row());
  const auto source =
      model.context_lanes ? make_context_levels(parts, model, widest) : make_static_levels(parts, model, widest);
  RowOutput output(tensor, model.model, to);
  std::optional<StepMatches> matches;
  if (model.loop->matches_rows()) matches.emplace(model.model.match, layout.strands.size());
  StepRows step;
  for (std::size_t index = 0; index < plan.step_count(); ++index) {
    plan.rows_of(index, step);
    const std::size_t count = step.row.size();
    if ((matches && !matches->read(source->bypass(), *state.memory(), step)) ||
        !source->read(count, matches ? matches->start_activity() : std::span<const std::int32_t>{}, levels)) {
      return Error{ErrorCode::corrupt, parts.file_offset_bytes, "the entropy-coded data of a chunk is broken"};
    }
    (void)model.loop->predict(state, step, matches ? matches->of_rows() : std::span<const RowMatch>{});
    const auto rows = model.loop->reconstruct(state, step, std::as_const(levels).first(count));
    for (std::size_t i = 0; i < count; ++i) output.store(step.row[i], rows[i]);
  }
  if (!source->finished()) {
    return Error{ErrorCode::corrupt_checksum, parts.file_offset_bytes, "the coder does not end where it began"};
  }
  return {};
}

}  // namespace actz
