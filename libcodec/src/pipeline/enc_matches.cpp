#include "pipeline/enc_matches.hpp"

namespace actz {

MatchWriter::MatchWriter(const MatchModel& model, std::size_t rows, std::size_t strands,
                         std::span<const std::uint32_t> stored)
    : model_(model) {
  if (model.classes == 0) return;
  addresses_.emplace(rows, stored);
  codes_.emplace(model, strands);
}

void MatchWriter::write(const StepRows& step, std::span<const RowMatch> matches, BitWriter& bypass) {
  start_activity_.clear();
  if (!codes_) return;
  of_step_.clear();
  for (const std::size_t row : step.row) {
    of_step_.push_back(matches[row]);
    start_activity_.push_back(model_.start_activity[matches[row].match_class]);
  }
  const std::uint64_t before = bypass.position_bits();
  codes_->write(bypass, *addresses_, step, of_step_);
  bits_written_ += bypass.position_bits() - before;
  addresses_->add(step.row, step.position);
}

}  // namespace actz
