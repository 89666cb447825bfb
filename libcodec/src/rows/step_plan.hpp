#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace actz {

/// A strand: consecutive rows of one sequence that are coded without reference to rows outside it.
struct Strand {
  std::size_t first_row = 0;  ///< within the chunk
  std::size_t row_count = 0;
};

/// The rows of one step, decoded together: entry i is row `row[i]` of the chunk and belongs to strand `strand[i]`.
struct StepRows {
  std::size_t t = 0;  ///< row index within the strands, in lockstep
  std::vector<std::uint32_t> strand;
  std::vector<std::size_t> row;
  std::vector<std::size_t> position;  ///< of the row in its strand
};

/// The order in which the rows of a chunk are coded (format_spec/05_chunks.md).
/// In lockstep, step t holds row t of every strand that has one; else step i holds all rows of strand i.
class StepPlan {
 public:
  StepPlan(std::span<const Strand> strands, bool in_lockstep);
  std::size_t step_count() const { return step_count_; }
  void rows_of(std::size_t step, StepRows& out) const;
  std::size_t largest_step_rows() const { return largest_step_rows_; }

 private:
  std::vector<Strand> strands_;
  bool in_lockstep_;
  std::size_t step_count_ = 0;
  std::size_t largest_step_rows_ = 0;
};

}  // namespace actz
