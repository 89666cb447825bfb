#include "rows/step_plan.hpp"

#include <algorithm>

namespace actz {

StepPlan::StepPlan(std::span<const Strand> strands, bool in_lockstep)
    : strands_(strands.begin(), strands.end()), in_lockstep_(in_lockstep) {
  std::size_t longest = 0;
  for (const Strand& strand : strands_) longest = std::max(longest, strand.row_count);
  step_count_ = in_lockstep_ ? longest : strands_.size();
  largest_step_rows_ = in_lockstep_ ? strands_.size() : longest;
}

void StepPlan::rows_of(std::size_t step, StepRows& out) const {
  out.strand.clear();
  out.row.clear();
  out.position.clear();
  out.t = in_lockstep_ ? step : 0;
  if (in_lockstep_) {
    for (std::size_t i = 0; i < strands_.size(); ++i) {
      if (step >= strands_[i].row_count) continue;
      out.strand.push_back(static_cast<std::uint32_t>(i));
      out.row.push_back(strands_[i].first_row + step);
      out.position.push_back(step);
    }
    return;
  }
  for (std::size_t row = 0; row < strands_[step].row_count; ++row) {
    out.strand.push_back(static_cast<std::uint32_t>(step));
    out.row.push_back(strands_[step].first_row + row);
    out.position.push_back(row);
  }
}

}  // namespace actz
