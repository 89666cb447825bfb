#include "rows/enc_row_matcher.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "rows/enc_lossy_rows.hpp"

namespace actz {
namespace {

/// A match that goes on where the last one left off is taken if its squared distance is at most so many times that of
/// the nearest row: it saves the bits of an address.
constexpr float kGoingOnDistance = 1.25F;

/// log2 of a positive number, linear between powers of two: at most 0.09 too small.
float rough_log2(float value) {
  return static_cast<float>(std::bit_cast<std::int32_t>(value) - 0x3F800000) * (1.0F / (1 << 23));
}

float bits_of(const float* coefficients, std::size_t count, const CoefficientCost& cost) {
  float sum = 0;
  for (std::size_t k = 0; k < count; ++k) {
    const float square = coefficients[k] * coefficients[k];
    const float coded = cost.noise + 0.5F * rough_log2(1.0F + cost.scale * square);
    sum += std::min(cost.per_square * square, coded);
  }
  return sum;
}

}  // namespace

CoefficientCost coefficient_cost(unsigned state_bits) {
  const double lambda = state_bits == 0 ? kLambdaPerStepSquared : kLambdaPerHalfStepSquared;
  const double noise = state_bits == 0 ? 1.0 / 12 : kDependentNoise;
  // The entropy of a Gaussian on the cells of a grid: ½ log2(2πe σ² / cell²), cell² = 12 · noise.
  const double scale = 2 * std::numbers::pi * std::numbers::e / (12 * noise);
  return {static_cast<float>(1 / lambda), static_cast<float>(noise / lambda), static_cast<float>(scale)};
}

RowMatcher::RowMatcher(const MatchModel& model, const ClosedLoop& loop, const RowAnalysis& analysis,
                       const CoefficientCost& cost, std::size_t channels, std::size_t coefficients, std::size_t strands,
                       std::size_t largest_step_rows, const StoredSearch* stored,
                       std::span<const AddressRange> left_out)
    : model_(model),
      loop_(loop),
      analysis_(analysis),
      cost_(cost),
      channels_(channels),
      coefficient_count_(coefficients),
      kernels_(match_kernels()),
      stored_(stored != nullptr ? &stored->search : nullptr),
      left_out_(left_out),
      search_(stored != nullptr ? static_cast<std::uint32_t>(stored->rows.size()) : 0),
      codes_(model, strands),
      innovation_(largest_step_rows, channels),
      coefficients_(largest_step_rows, coefficients) {}

std::uint32_t RowMatcher::nearest(const MatchMemory& memory, std::uint32_t strand, const float* row,
                                  const float* coefficients) const {
  NearestSketches candidates;
  const AddressRange left_out = left_out_.empty() ? AddressRange{} : left_out_[strand];
  if (stored_ != nullptr) stored_->find(coefficients, coefficient_count_, candidates, left_out);
  search_.find(coefficients, coefficient_count_, candidates);
  std::uint32_t best = MatchAddresses::kNone;
  float best_distance = std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < candidates.count; ++i) {
    const float distance = kernels_.squared_distance(row, memory.at(candidates.number[i]), channels_);
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = candidates.number[i];
  }
  return best;
}

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
    const double bits = double{bits_of(coefficients_.row(i), coefficient_count_, cost_)} +
                        codes_.bits(addresses, step.strand[i], tried_[i]);
    if (bits >= best_bits_[i]) continue;
    best_bits_[i] = bits;
    best_[i] = tried_[i];
  }
}

std::uint8_t RowMatcher::nearest_class(const float* row, const std::int32_t* matched) const {
  std::uint8_t best = 0;
  float best_left = std::numeric_limits<float>::infinity();
  for (unsigned match_class = 1; match_class <= model_.classes; ++match_class) {
    const float left = kernels_.squared_left(row, matched, model_.gain_of(match_class, channels_), channels_);
    if (left >= best_left) continue;
    best_left = left;
    best = static_cast<std::uint8_t>(match_class);
  }
  return best;
}

std::span<const RowMatch> RowMatcher::choose(ClosedLoop::State& state, const StepRows& step,
                                             std::span<const float* const> rows) {
  const MatchMemory& memory = *state.memory();
  const std::size_t count = step.row.size();
  best_.assign(count, {});
  if (memory.addresses().size() > 0) {
    analysis_.analyse(rows, coefficients_.first(count));
    nearest_.clear();
    for (std::size_t i = 0; i < count; ++i) {
      nearest_.push_back(nearest(memory, step.strand[i], rows[i], coefficients_.row(i)));
      const std::uint32_t next = codes_.continuation(memory.addresses(), step.strand[i]);
      if (next == MatchAddresses::kNone || nearest_[i] == MatchAddresses::kNone) continue;
      const float near = kernels_.squared_distance(rows[i], memory.at(nearest_[i]), channels_);
      if (kernels_.squared_distance(rows[i], memory.at(next), channels_) < kGoingOnDistance * near) nearest_[i] = next;
    }
    best_bits_.assign(count, std::numeric_limits<double>::infinity());
    tried_.assign(count, {});
    try_matches(state, step, rows);
    for (std::size_t i = 0; i < count; ++i) {
      if (nearest_[i] == MatchAddresses::kNone) continue;
      tried_[i] = {nearest_class(rows[i], memory.at(nearest_[i])), nearest_[i]};
    }
    try_matches(state, step, rows);
  }
  for (std::size_t i = 0; i < count; ++i) codes_.pass(step.strand[i], best_[i]);
  return best_;
}

void RowMatcher::add(std::span<std::int32_t* const> decoded) {
  for (std::size_t i = 0; i < decoded.size(); ++i) std::copy_n(decoded[i], channels_, innovation_.row(i));
  analysis_.analyse(std::as_const(innovation_).first(decoded.size()), coefficients_.first(decoded.size()));
  for (std::size_t i = 0; i < decoded.size(); ++i) search_.add(coefficients_.row(i), coefficient_count_);
}

}  // namespace actz
