#include "pipeline/enc_symbols.hpp"

#include "generated/format_limits.hpp"
#include "pipeline/enc_chunk.hpp"
#include "pipeline/enc_matches.hpp"
#include "rows/step_plan.hpp"

namespace actz {

std::optional<CodedSymbols> SymbolCoder::code(std::span<const std::int16_t> levels, const ChunkMatches& matches,
                                              const ChunkLayout& layout, ChunkHeader& header) const {
  MatchWriter match_writer(model_.match, layout.row_count, layout.strands.size(), matches.stored);
  const StepPlan plan(layout.strands, model_.in_lockstep());
  const auto symbols = begin(layout.row_count, plan.largest_step_rows());
  std::vector<const std::int16_t*> rows;
  StepRows step;
  for (std::size_t index = 0; index < plan.step_count(); ++index) {
    plan.rows_of(index, step);
    match_writer.write(step, matches.of_rows, symbols->bypass());
    rows.clear();
    for (const std::size_t row : step.row) rows.push_back(levels.data() + row * model_.synthesis.coefficients);
    if (!symbols->write(rows, match_writer.start_activity())) return std::nullopt;
  }
  CodedSymbols out = symbols->finish(kMaxLanes);
  out.match_bits = match_writer.bits_written();
  set_lanes(out.coded, header);
  header.bypass_bytes = static_cast<std::uint32_t>(out.bypass.size());
  return out;
}

}  // namespace actz
