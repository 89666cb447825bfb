#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "rows/enc_coefficient_cost.hpp"
#include "rows/enc_row_search.hpp"
#include "rows/step_plan.hpp"
#include "transform/enc_row_analysis.hpp"

namespace actz {

/// A row: centred, in fixed-point units, finite. It stands where the result points, which may be the `room` given.
using RowSource = std::function<const float*(std::size_t row, float* room)>;

/// What is known of rows before the first of them is coded, one entry for each.
struct RowsAhead {
  std::vector<NearestRows> near;  ///< where its match is to be sought
  std::vector<float> slopes;      ///< λ over that of the encoder
};

struct LookaheadInput {
  const MatchModel& model;
  const RowAnalysis& analysis;
  const CoefficientCost& cost;
  std::size_t channels;
  std::size_t coefficients;
  const StepPlan& plan;
  const RowSource& rows;
  const StoredSearch* stored;              ///< null: none
  std::span<const AddressRange> left_out;  ///< as of RowSearch
};

/// A look at the rows of a chunk: which rows each is likely to be matched with, and how much its own error will cost
/// others. Rows are compared as they are, since none has been decoded yet.
///
/// A row hands on its error to the rows that are matched with it, and these to others, as far as they do not code it
/// away. Its bits are worth more the more rows its error is decoded in, and λ is divided by that number, after the
/// "macroblock tree" of x264 (Garrett-Glaser, "A novel macroblock-tree algorithm for high-performance optimization of
/// dependent video coding in H.264/AVC", 2009).
/// @param out            entries of the rows of the plan.
/// @param near_is_known  from a look in another unit, which hardly matters: it takes most of the time.
void look_ahead(const LookaheadInput& input, RowsAhead& out, bool near_is_known);

}  // namespace actz
