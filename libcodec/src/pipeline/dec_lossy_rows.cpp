#include "pipeline/dec_chunk.hpp"
#include "pipeline/dec_step_levels.hpp"
#include "pipeline/row_output.hpp"

namespace actz {

Status decode_lossy_rows(const ChunkParts& parts, const TensorHeader& tensor, const ChunkLayout& layout,
                         const PreparedModel& model, const ReferenceRows* reference, std::span<std::byte> to) {
  const StepPlan plan(layout.strands, model.has_lags());
  const std::size_t widest = plan.largest_step_rows();
  RowBlock<std::int16_t> side;
  if (const ReferencePredictor* predictor = model.loop->reference()) {
    side = reference_inputs(*predictor, *reference, tensor.reference_scale);
  }
  ClosedLoop::State state(*model.loop, layout.strands.size(), widest, &side);
  RowBlock<std::int16_t> levels(widest, model.symbols_per_row());
  const auto source =
      model.context_lanes ? make_context_levels(parts, model, widest) : make_static_levels(parts, model, widest);
  RowOutput output(tensor, model.model, to);
  StepRows step;
  for (std::size_t index = 0; index < plan.step_count(); ++index) {
    plan.rows_of(index, step);
    const std::size_t count = step.row.size();
    if (!source->read(count, levels)) {
      return Error{ErrorCode::corrupt, parts.file_offset_bytes, "the entropy-coded data of a chunk is broken"};
    }
    (void)model.loop->predict(state, step);
    const auto rows = model.loop->reconstruct(state, step, std::as_const(levels).first(count));
    for (std::size_t i = 0; i < count; ++i) output.store(step.row[i], rows[i]);
  }
  if (!source->finished()) {
    return Error{ErrorCode::corrupt_checksum, parts.file_offset_bytes, "the coder does not end where it began"};
  }
  return {};
}

}  // namespace actz
