#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "linear/row_block.hpp"
#include "rows/closed_loop.hpp"
#include "rows/enc_coefficient_cost.hpp"
#include "rows/enc_lookahead.hpp"
#include "rows/enc_match_scan.hpp"
#include "rows/enc_row_search.hpp"
#include "rows/match_codes.hpp"
#include "transform/enc_row_analysis.hpp"

namespace actz {

/// The encoder's choice of a match for each row of a chunk: none, or the nearest decoded or stored row, in the class
/// that leaves least of it, whatever makes the cheaper innovation.
class RowMatcher {
 public:
  /// All borrowed.
  /// @param stored, left_out  as of RowSearch.
  /// @param ahead             where to seek the matches; null: among what was decoded.
  RowMatcher(const MatchModel& model, const ClosedLoop& loop, const RowAnalysis& analysis, const CoefficientCost& cost,
             std::size_t channels, std::size_t coefficients, std::size_t strands, std::size_t largest_step_rows,
             const StoredSearch* stored, std::span<const AddressRange> left_out, const RowsAhead* ahead);

  /// Matches for the rows of a step.
  /// @param rows  of the step, in fixed-point units.
  std::span<const RowMatch> choose(ClosedLoop::State& state, const StepRows& step, std::span<const float* const> rows);

  /// Takes in the decoded rows of the step, after ClosedLoop::reconstruct.
  void add(std::span<std::int32_t* const> decoded);

 private:
  void find_nearest(const MatchMemory& memory, const StepRows& step, std::span<const float* const> rows);
  void try_matches(ClosedLoop::State& state, const StepRows& step, std::span<const float* const> rows);

  const ClosedLoop& loop_;
  const RowAnalysis& analysis_;
  CoefficientCost cost_;
  std::size_t channels_;
  std::size_t coefficient_count_;
  const MatchKernels& kernels_;
  RowSearch search_;
  const RowsAhead* ahead_;
  MatchCodes codes_;
  RowBlock<float> innovation_;
  RowBlock<float> coefficients_;
  std::vector<std::uint32_t> nearest_;  ///< to each row of the step
  std::vector<RowMatch> tried_;
  std::vector<RowMatch> best_;
  std::vector<double> best_bits_;
};

}  // namespace actz
