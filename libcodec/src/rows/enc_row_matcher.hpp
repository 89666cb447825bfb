#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "linear/row_block.hpp"
#include "rows/closed_loop.hpp"
#include "rows/enc_match_scan.hpp"
#include "rows/enc_match_search.hpp"
#include "rows/match_codes.hpp"
#include "transform/enc_row_analysis.hpp"

namespace actz {

/// What a coefficient costs before it is quantised: the lesser of leaving it out, and of its bits at high rate with the
/// quantiser's noise. In bits; distortion is divided by λ.
struct CoefficientCost {
  float per_square;  ///< bits that the square of one left out is worth
  float noise;       ///< bits that the noise of one coded is worth
  float scale;       ///< bits: ½ log2(1 + scale · square)
};
CoefficientCost coefficient_cost(unsigned state_bits);

/// Stored rows as an encoder uses them with one model and unit.
struct StoredSearch {
  FixedStoredRows rows;
  MatchSearch search;
};

/// The encoder's choice of a match for each row of a chunk: none, or the nearest decoded or stored row, in the class
/// that leaves least of it, whatever makes the cheaper innovation.
class RowMatcher {
 public:
  /// All borrowed.
  /// @param stored    null: none.
  /// @param left_out  for each strand, stored rows that it must not be matched with; empty: none.
  RowMatcher(const MatchModel& model, const ClosedLoop& loop, const RowAnalysis& analysis, const CoefficientCost& cost,
             std::size_t channels, std::size_t coefficients, std::size_t strands, std::size_t largest_step_rows,
             const StoredSearch* stored, std::span<const AddressRange> left_out);

  /// Matches for the rows of a step.
  /// @param rows  of the step, in fixed-point units.
  std::span<const RowMatch> choose(ClosedLoop::State& state, const StepRows& step, std::span<const float* const> rows);

  /// Takes in the decoded rows of the step, after ClosedLoop::reconstruct.
  void add(std::span<std::int32_t* const> decoded);

 private:
  /// Address of the nearest row, or kNone if no distance is a number.
  std::uint32_t nearest(const MatchMemory& memory, std::uint32_t strand, const float* row,
                        const float* coefficients) const;
  /// The class whose gains leave least of a row.
  std::uint8_t nearest_class(const float* row, const std::int32_t* matched) const;
  void try_matches(ClosedLoop::State& state, const StepRows& step, std::span<const float* const> rows);

  const MatchModel& model_;
  const ClosedLoop& loop_;
  const RowAnalysis& analysis_;
  CoefficientCost cost_;
  std::size_t channels_;
  std::size_t coefficient_count_;
  const MatchKernels& kernels_;
  const MatchSearch* stored_;
  std::span<const AddressRange> left_out_;
  MatchSearch search_;  ///< among the rows of the chunk
  MatchCodes codes_;
  RowBlock<float> innovation_;
  RowBlock<float> coefficients_;
  std::vector<std::uint32_t> nearest_;  ///< to each row of the step
  std::vector<RowMatch> tried_;
  std::vector<RowMatch> best_;
  std::vector<double> best_bits_;
};

}  // namespace actz
