#include "rows/enc_row_matcher.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "rows/enc_lossy_rows.hpp"

namespace actz {
namespace {

/// A match that goes on where the last one left off is taken if its squared distance is at most so many times that of
/// the nearest row: it saves the bits of an address.
constexpr float kGoingOnDistance = 1.25F;

}  // namespace

RowMatcher::RowMatcher(const MatchModel& model, const ClosedLoop& loop, const RowAnalysis& analysis,
                       const CoefficientCost& cost, std::size_t channels, std::size_t coefficients, std::size_t strands,
                       std::size_t largest_step_rows, const StoredSearch* stored,
                       std::span<const AddressRange> left_out, const RowsAhead* ahead)
    : loop_(loop),
      analysis_(analysis),
      cost_(cost),
      channels_(channels),
      coefficient_count_(coefficients),
      kernels_(match_kernels()),
      search_(model, channels, coefficients, stored, left_out),
      ahead_(ahead),
      codes_(model, strands),
      innovation_(largest_step_rows, channels),
      coefficients_(largest_step_rows, coefficients) {}

void RowMatcher::try_matches(ClosedLoop::State& state, const StepRows& step, std::span<const float* const> rows) {
  const MatchAddresses& addresses = state.memory()->addresses();
  const std::size_t count = step.row.size();
  const float prediction_scale = std::ldexp(1.0F, -loop_.synthesis_shift());
  const auto predicted = loop_.predict_roughly(state, step, tried_);
  for (std::size_t i = 0; i < count; ++i) {
    float* const out = innovation_.row(i);
    for (std::size_t c = 0; c < channels_; ++c) {
      out[c] = rows[i][c] - static_cast<float>(predicted[i][c]) * prediction_scale;
    }
  }
  analysis_.analyse(std::as_const(innovation_).first(count), coefficients_.first(count));
  for (std::size_t i = 0; i < count; ++i) {
    const double bits = double{cost_.bits(coefficients_.row(i), coefficient_count_)} +
                        codes_.bits(addresses, step.strand[i], tried_[i]);
    if (bits >= best_bits_[i]) continue;
    best_bits_[i] = bits;
    best_[i] = tried_[i];
  }
}

void RowMatcher::find_nearest(const MatchMemory& memory, const StepRows& step, std::span<const float* const> rows) {
  if (ahead_ == nullptr) analysis_.analyse(rows, coefficients_.first(rows.size()));
  nearest_.clear();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    NearestSketches sketches;
    if (ahead_ == nullptr) sketches = search_.candidates(step.strand[i], coefficients_.row(i));
    const auto candidates = ahead_ != nullptr ? ahead_->near[step.row[i]].addresses()
                                              : std::span<const std::uint32_t>(sketches.number, sketches.count);
    nearest_.push_back(search_.nearest(memory, candidates, rows[i]).first());
    const std::uint32_t next = codes_.continuation(memory.addresses(), step.strand[i]);
    if (next == MatchAddresses::kNone || nearest_[i] == MatchAddresses::kNone) continue;
    const float near = kernels_.squared_distance(rows[i], memory.at(nearest_[i]), channels_);
    if (kernels_.squared_distance(rows[i], memory.at(next), channels_) < kGoingOnDistance * near) nearest_[i] = next;
  }
}

std::span<const RowMatch> RowMatcher::choose(ClosedLoop::State& state, const StepRows& step,
                                             std::span<const float* const> rows) {
  const MatchMemory& memory = *state.memory();
  const std::size_t count = step.row.size();
  best_.assign(count, {});
  if (memory.addresses().size() > 0) {
    find_nearest(memory, step, rows);
    best_bits_.assign(count, std::numeric_limits<double>::infinity());
    tried_.assign(count, {});
    try_matches(state, step, rows);
    for (std::size_t i = 0; i < count; ++i) {
      if (nearest_[i] == MatchAddresses::kNone) continue;
      tried_[i] = {search_.nearest_class(rows[i], memory.at(nearest_[i])), nearest_[i]};
    }
    try_matches(state, step, rows);
  }
  for (std::size_t i = 0; i < count; ++i) codes_.pass(step.strand[i], best_[i]);
  return best_;
}

void RowMatcher::add(std::span<std::int32_t* const> decoded) {
  if (ahead_ != nullptr) return;
  for (std::size_t i = 0; i < decoded.size(); ++i) std::copy_n(decoded[i], channels_, innovation_.row(i));
  analysis_.analyse(std::as_const(innovation_).first(decoded.size()), coefficients_.first(decoded.size()));
  for (std::size_t i = 0; i < decoded.size(); ++i) search_.add(coefficients_.row(i));
}

}  // namespace actz
