#include "rows/enc_lossy_rows.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "quantize/enc_uniform.hpp"

namespace actz {
namespace {

float lambda_of(double lambda_per_step_squared) {
  const double step = 1 << kFractionBits;  // in fixed-point units
  return static_cast<float>(lambda_per_step_squared * step * step);
}

std::unique_ptr<RowQuantizer> make_quantizer(const CodecModel& model, Rates rates,
                                             const std::vector<float>& column_energy, const Decisions& decisions) {
  const float lambda = lambda_of(decisions.lambda_per_step_squared);
  if (model.entropy_kind == EntropyKind::context) {
    const ContextRates bits =
        rates == Rates::of_model ? ContextRates(model.context) : ContextRates::geometric(model.context);
    return std::make_unique<TrellisQuantizer>(model.context, bits, model.state_bits, column_energy, lambda,
                                              decisions.contexts);
  }
  RateTable bits =
      rates == Rates::of_model ? RateTable(model.entropy) : RateTable::geometric(model.synthesis.coefficients);
  return std::make_unique<UniformQuantizer>(std::move(bits), column_energy, lambda);
}

}  // namespace

LossyRowEncoder::LossyRowEncoder(const CodecModel& model, Rates rates, const Decisions& decisions)
    : channels_(model.channels),
      coefficients_(model.synthesis.coefficients),
      in_lockstep_(model.in_lockstep()),
      match_(model.match),
      cost_(coefficient_cost(model.state_bits)),
      loop_(model),
      analysis_(model.synthesis, model.channels, decisions.metric, decisions.coarse_analysis),
      quantizer_(make_quantizer(model, rates, analysis_.column_energy(), decisions)) {}

/// The matches of the rows of a step, with what follows from them.
struct LossyRowEncoder::StepMatches {
  std::optional<RowMatcher> matcher;  ///< if they are chosen
  RowBlock<float> room;               ///< for the rows of a step, if they have to be compared
  std::vector<const float*> rows;
  std::vector<RowMatch> matches;
  std::vector<std::int32_t> activity;  ///< that each row starts with
};

void LossyRowEncoder::match(const RowSource& rows, const StepRows& step, ClosedLoop::State& state,
                            std::span<RowMatch> matches, StepMatches& out) const {
  out.matches.clear();
  out.activity.clear();
  if (out.matcher) {
    out.rows.clear();
    for (std::size_t i = 0; i < step.row.size(); ++i) out.rows.push_back(rows(step.row[i], out.room.row(i)));
    const auto chosen = out.matcher->choose(state, step, out.rows);
    for (std::size_t i = 0; i < step.row.size(); ++i) matches[step.row[i]] = chosen[i];
  }
  for (const std::size_t row : step.row) {
    out.matches.push_back(matches[row]);
    out.activity.push_back(match_.start_activity[matches[row].match_class]);
  }
}

StoredSearch LossyRowEncoder::searchable(const StoredRows& stored, float unit,
                                         std::span<const std::int32_t> centre) const {
  constexpr std::size_t kTogether = 64;
  StoredSearch out{FixedStoredRows(stored, unit, centre), MatchSearch()};
  RowBlock<float> rows(kTogether, channels_);
  RowBlock<float> coefficients(kTogether, coefficients_);
  for (std::size_t first = 0; first < out.rows.size(); first += kTogether) {
    const std::size_t count = std::min(kTogether, out.rows.size() - first);
    for (std::size_t i = 0; i < count; ++i) std::copy_n(out.rows.row(first + i), channels_, rows.row(i));
    analysis_.analyse(std::as_const(rows).first(count), coefficients.first(count));
    for (std::size_t i = 0; i < count; ++i) out.search.add(coefficients.row(i), coefficients_);
  }
  return out;
}

void LossyRowEncoder::encode(const RowSource& rows, std::span<const Strand> strands, std::span<std::int16_t> quantised,
                             const RowVisitor& on_row, const EncodedBeside& beside, std::span<RowMatch> matches,
                             Matching matching) const {
  const StepPlan plan(strands, in_lockstep_);
  const std::size_t widest = plan.largest_step_rows();
  const FixedStoredRows* const stored = beside.stored != nullptr ? &beside.stored->rows : nullptr;
  ClosedLoop::State state(loop_, strands, widest, {beside.reference, stored});
  RowBlock<float> innovation(widest, channels_);
  RowBlock<float> coefficients(widest, coefficients_);
  RowBlock<std::int16_t> values(widest, coefficients_);
  std::vector<float> room(channels_);
  const float prediction_scale = std::ldexp(1.0F, -loop_.synthesis_shift());
  StepMatches matched;
  if (loop_.matches_rows() && matching == Matching::chosen) {
    matched.matcher.emplace(match_, loop_, analysis_, cost_, channels_, coefficients_, strands.size(), widest,
                            beside.stored, beside.own_rows);
    matched.room = RowBlock<float>(widest, channels_);
  }

  StepRows step;
  for (std::size_t index = 0; index < plan.step_count(); ++index) {
    plan.rows_of(index, step);
    const std::size_t count = step.row.size();
    if (loop_.matches_rows()) match(rows, step, state, matches, matched);
    const auto predicted = loop_.predict(state, step, matched.matches);
    for (std::size_t i = 0; i < count; ++i) {
      float* out = innovation.row(i);
      const float* row = rows(step.row[i], room.data());
      for (std::size_t c = 0; c < channels_; ++c) {
        out[c] = row[c] - static_cast<float>(predicted[i][c]) * prediction_scale;
      }
    }
    analysis_.analyse(std::as_const(innovation).first(count), coefficients.first(count));
    quantizer_->quantize(std::as_const(coefficients).first(count), values.first(count), matched.activity);
    const auto reconstructed = loop_.reconstruct(state, step, std::as_const(values).first(count));
    for (std::size_t i = 0; i < count; ++i) {
      std::copy_n(values.row(i), coefficients_,
                  quantised.begin() + static_cast<std::ptrdiff_t>(step.row[i] * coefficients_));
      on_row(step.row[i], reconstructed[i]);
    }
    if (matched.matcher) matched.matcher->add(reconstructed);
  }
}

}  // namespace actz
