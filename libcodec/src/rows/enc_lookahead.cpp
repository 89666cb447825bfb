#include "rows/enc_lookahead.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "linear/row_block.hpp"
#include "predict/match_memory.hpp"

namespace actz {
namespace {

// Measured (docs/decisions/0021-lookahead.md).

/// Of the error of a match that a row keeps where it codes nothing. Not all: some rows will be matched with others, or
/// not at all, and gains damp.
constexpr double kMostKept = 0.7;
/// log2 of λ over that of the encoder, on average, where rows keep all of the error of their matches: what is left of
/// matched rows is mostly noise, and worth less than the slope that suits the unit elsewhere.
constexpr double kMeanSlopeLog2 = 1.45;
/// What a row's nearest leaves must cost less than so much of what the row costs, with the bits of an address, or the
/// row is taken to have no match: lags do much already.
constexpr double kMatchedShare = 0.7;
constexpr double kAddressBits = 12;
constexpr double kLeastSlopeLog2 = -2;
constexpr double kLargestSlopeLog2 = 4;

/// The share of a match's error that stays in a row which differs from it so much. At high rate a coefficient takes
/// ½ log2(x² + noise) bits more than it would without any, so its bits change by noise / (x² + noise) of those that
/// were spent on the noise.
double kept_share(const float* coefficients, std::size_t count, double noise) {
  double sum = 0;
  for (std::size_t k = 0; k < count; ++k) {
    const double x = coefficients[k];
    sum += noise / (x * x + noise);
  }
  const double share = sum / static_cast<double>(count);
  return std::isfinite(share) ? share : 0;
}

class Lookahead {
 public:
  Lookahead(const LookaheadInput& input, RowsAhead& out, bool near_is_known)
      : input_(input),
        near_(out.near),
        near_is_known_(near_is_known),
        memory_(out.near.size(), input.channels, input.stored != nullptr ? &input.stored->rows : nullptr),
        search_(input.model, input.channels, input.coefficients, input.stored, input.left_out),
        room_(input.plan.largest_step_rows(), input.channels),
        fixed_(input.plan.largest_step_rows(), input.channels),
        left_(input.plan.largest_step_rows(), input.channels),
        coefficients_(input.plan.largest_step_rows(), input.coefficients),
        left_coefficients_(input.plan.largest_step_rows(), input.coefficients) {
    for (std::size_t index = 0; index < input.plan.step_count(); ++index) {
      input.plan.rows_of(index, step_);
      take_step();
    }
    set_slopes(out.slopes);
  }

 private:
  /// Row of the chunk that another is predicted from, and the share of its error that this keeps.
  struct Source {
    std::size_t row;
    std::size_t matched;  ///< kNoRow: a stored one, or none
    double kept;
  };
  static constexpr std::size_t kNoRow = ~std::size_t{0};

  void take_step() {
    const std::size_t count = step_.row.size();
    rows_.clear();
    for (std::size_t i = 0; i < count; ++i) rows_.push_back(input_.rows(step_.row[i], room_.row(i)));
    input_.analysis.analyse(rows_, coefficients_.first(count));
    if (!near_is_known_) find_near();
    subtract_nearest();
    for (std::size_t i = 0; i < count; ++i) {
      constexpr auto kLargest = static_cast<float>(MatchModel::kLargestInput);
      for (std::size_t c = 0; c < input_.channels; ++c)
        fixed_.row(i)[c] = static_cast<std::int32_t>(std::clamp(rows_[i][c], -kLargest, kLargest));
    }
    memory_.add(step_.row, step_.position, fixed_.first(count));
  }

  void find_near() {
    const std::size_t count = step_.row.size();
    for (std::size_t i = 0; i < count; ++i) {
      const NearestSketches sketches = search_.candidates(step_.strand[i], coefficients_.row(i));
      near_[step_.row[i]] = search_.nearest(memory_, {sketches.number, sketches.count}, rows_[i]);
    }
    for (std::size_t i = 0; i < count; ++i) search_.add(coefficients_.row(i));
  }

  /// Takes the nearest row from each, and notes what that leaves.
  void subtract_nearest() {
    const std::size_t count = step_.row.size();
    for (std::size_t i = 0; i < count; ++i) {
      std::copy_n(rows_[i], input_.channels, left_.row(i));
      const std::uint32_t nearest = near_[step_.row[i]].first();
      if (nearest == MatchAddresses::kNone) continue;
      const std::int32_t* const matched = memory_.at(nearest);
      const std::uint8_t match_class = search_.nearest_class(rows_[i], matched);
      if (match_class == 0) continue;
      const std::uint8_t* const gain = input_.model.gain_of(match_class, input_.channels);
      for (std::size_t c = 0; c < input_.channels; ++c)
        left_.row(i)[c] -= static_cast<float>(matched[c]) * (static_cast<float>(gain[c]) * MatchModel::kGainUnit);
    }
    input_.analysis.analyse(std::as_const(left_).first(count), left_coefficients_.first(count));
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t nearest = near_[step_.row[i]].first();
      const double bits = double{input_.cost.bits(coefficients_.row(i), input_.coefficients)};
      const double left_bits = double{input_.cost.bits(left_coefficients_.row(i), input_.coefficients)};
      const bool is_matched = nearest != MatchAddresses::kNone && left_bits + kAddressBits < kMatchedShare * bits;
      const bool in_chunk = is_matched && !memory_.addresses().is_stored(nearest);
      const double kept =
          is_matched ? kept_share(left_coefficients_.row(i), input_.coefficients, input_.cost.squared_noise()) : 0;
      sources_.push_back({step_.row[i], in_chunk ? memory_.addresses().row_of(nearest) : kNoRow, kept});
    }
  }

  void set_slopes(std::span<float> slopes) const {
    std::vector<double> weight(slopes.size(), 1.0);  // rows that its error is decoded in
    double mean_kept = 0, mean_log2 = 0;
    for (std::size_t i = sources_.size(); i-- > 0;) {
      const Source& source = sources_[i];
      if (source.matched != kNoRow) weight[source.matched] += kMostKept * source.kept * weight[source.row];
      mean_log2 += std::log2(weight[source.row]) / static_cast<double>(sources_.size());
      mean_kept += source.kept / static_cast<double>(sources_.size());
    }
    const double level = kMeanSlopeLog2 * mean_kept + mean_log2;
    for (const Source& source : sources_) {
      const double log2_slope = std::clamp(level - std::log2(weight[source.row]), kLeastSlopeLog2, kLargestSlopeLog2);
      slopes[source.row] = static_cast<float>(std::exp2(log2_slope));
    }
  }

  const LookaheadInput& input_;
  std::span<NearestRows> near_;
  bool near_is_known_;
  MatchMemory memory_;  ///< rows as they are, but for their fractions
  RowSearch search_;
  std::vector<Source> sources_;  ///< in coding order
  // of a step
  StepRows step_;
  std::vector<const float*> rows_;
  RowBlock<float> room_;
  RowBlock<std::int32_t> fixed_;
  RowBlock<float> left_;
  RowBlock<float> coefficients_;
  RowBlock<float> left_coefficients_;
};

}  // namespace

void look_ahead(const LookaheadInput& input, RowsAhead& out, bool near_is_known) {
  const Lookahead done(input, out, near_is_known);
}

}  // namespace actz
