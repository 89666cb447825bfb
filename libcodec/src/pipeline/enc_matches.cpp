#include "pipeline/enc_matches.hpp"

namespace actz {

MatchWriter::MatchWriter(const MatchModel& model, const ChunkLayout& layout, const ChunkMatches& matches)
    : model_(model), matches_(matches.of_rows) {
  if (model.classes == 0) return;
  addresses_.emplace(layout.row_count, matches.stored);
  codes_.emplace(model, layout.strands.size());
}

void MatchWriter::write(const StepRows& step, BitWriter& bypass) {
  start_activity_.clear();
  if (!codes_) return;
  of_step_.clear();
  for (const std::size_t row : step.row) {
    of_step_.push_back(matches_[row]);
    start_activity_.push_back(model_.start_activity[matches_[row].match_class]);
  }
  const std::uint64_t before = bypass.position_bits();
  codes_->write(bypass, *addresses_, step, of_step_);
  bits_written_ += bypass.position_bits() - before;
  addresses_->add(step.row, step.position);
}

}  // namespace actz
