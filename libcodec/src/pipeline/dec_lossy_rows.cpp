#include "pipeline/dec_chunk.hpp"
#include "pipeline/dec_row_steps.hpp"
#include "pipeline/row_output.hpp"

namespace actz {

Status decode_lossy_rows(const ChunkParts& parts, const TensorHeader& tensor, const ChunkLayout& layout,
                         const PreparedModel& model, const ReferenceRows* reference, const FixedStoredRows* stored,
                         std::span<std::byte> to) {
  const StepPlan plan(layout.strands, model.model.in_lockstep());
  const std::size_t widest = plan.largest_step_rows();
  RowBlock<std::int16_t> side;
  if (const ReferencePredictor* predictor = model.loop->reference()) {
    side = reference_inputs(*predictor, *reference, tensor.reference_scale);
  }
  RowSteps steps(model, layout.strands, widest, {&side, stored});
  const auto source = make_levels(parts, model, widest);
  RowOutput output(tensor, model.model, to);
  StepRows step;
  for (std::size_t index = 0; index < plan.step_count(); ++index) {
    plan.rows_of(index, step);
    std::span<std::int32_t* const> rows;
    if (!steps.decode(*source, step, rows)) {
      return Error{ErrorCode::corrupt, parts.file_offset_bytes, "the entropy-coded data of a chunk is broken"};
    }
    for (std::size_t i = 0; i < rows.size(); ++i) output.store(step.row[i], rows[i]);
  }
  if (!source->finished()) {
    return Error{ErrorCode::corrupt_checksum, parts.file_offset_bytes, "the coder does not end where it began"};
  }
  return {};
}

}  // namespace actz
