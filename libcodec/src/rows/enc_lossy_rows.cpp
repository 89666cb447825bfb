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
      cost_(model.state_bits),
      repeat_slope_(static_cast<float>(decisions.repeat_slope)),
      looks_ahead_(decisions.look_ahead && decisions.lambda_per_step_squared > 0),
      loop_(model),
      analysis_(model.synthesis, model.channels, decisions.metric, decisions.coarse_analysis),
      quantizer_(make_quantizer(model, rates, analysis_.column_energy(), decisions)) {}

LossyRowEncoder::Run::Run(const LossyRowEncoder& encoder, std::span<const Strand> strands,
                          std::size_t largest_step_rows, const EncodedBeside& beside, Matching matching,
                          const RowsAhead* ahead)
    : state_(encoder.loop_, strands, largest_step_rows,
             {beside.reference, beside.stored != nullptr ? &beside.stored->rows : nullptr}),
      innovation_(largest_step_rows, encoder.channels_),
      coefficients_(largest_step_rows, encoder.coefficients_),
      values_(largest_step_rows, encoder.coefficients_),
      room_(encoder.channels_),
      ahead_(ahead) {
  if (!encoder.loop_.matches_rows() || matching == Matching::given) return;
  // Of rows that repeat, those that were decoded best are nearest, which is not seen ahead.
  const RowsAhead* const near = encoder.repeat_slope_ == 1 ? ahead : nullptr;
  matcher_.emplace(encoder.match_, encoder.loop_, encoder.analysis_, encoder.cost_, encoder.channels_,
                   encoder.coefficients_, strands.size(), largest_step_rows, beside.stored, beside.own_rows, near);
  match_room_ = RowBlock<float>(largest_step_rows, encoder.channels_);
}

void LossyRowEncoder::match(Run& run, const StepRows& step, const RowSource& rows, std::span<RowMatch> matches) const {
  run.matches_.clear();
  run.activity_.clear();
  if (!loop_.matches_rows()) return;
  if (run.matcher_) {
    run.match_rows_.clear();
    for (std::size_t i = 0; i < step.row.size(); ++i) {
      run.match_rows_.push_back(rows(step.row[i], run.match_room_.row(i)));
    }
    const auto chosen = run.matcher_->choose(run.state_, step, run.match_rows_);
    for (std::size_t i = 0; i < step.row.size(); ++i) matches[step.row[i]] = chosen[i];
  }
  for (const std::size_t row : step.row) {
    run.matches_.push_back(matches[row]);
    run.activity_.push_back(match_.start_activity[matches[row].match_class]);
  }
}

StoredSearch LossyRowEncoder::searchable(const StoredRows& stored, float unit,
                                         std::span<const std::int32_t> centre) const {
  StoredSearch out{FixedStoredRows(stored, unit, centre), MatchSearch()};
  index_rows(out, 0);
  return out;
}

void LossyRowEncoder::append_searchable(StoredSearch& to, std::shared_ptr<const RowBlock<std::int32_t>> rows,
                                        std::span<const std::uint32_t> position) const {
  const std::size_t first = to.rows.size();
  to.rows.append(std::move(rows), position);
  index_rows(to, first);
}

void LossyRowEncoder::index_rows(StoredSearch& stored, std::size_t from) const {
  constexpr std::size_t kTogether = 64;
  RowBlock<float> rows(kTogether, channels_);
  RowBlock<float> coefficients(kTogether, coefficients_);
  for (std::size_t first = from; first < stored.rows.size(); first += kTogether) {
    const std::size_t count = std::min(kTogether, stored.rows.size() - first);
    for (std::size_t i = 0; i < count; ++i) std::copy_n(stored.rows.row(first + i), channels_, rows.row(i));
    analysis_.analyse(std::as_const(rows).first(count), coefficients.first(count));
    for (std::size_t i = 0; i < count; ++i) stored.search.add(coefficients.row(i), coefficients_);
  }
}

void LossyRowEncoder::quantize(Run& run, const StepRows& step) const {
  const std::size_t count = step.row.size();
  run.slopes_.clear();
  if (loop_.matches_rows() && (repeat_slope_ != 1 || run.ahead_ != nullptr)) {
    for (std::size_t i = 0; i < count; ++i) {
      const float slope = run.ahead_ != nullptr ? run.ahead_->slopes[step.row[i]] : 1.0F;
      run.slopes_.push_back(run.matches_[i].match_class == kNearestClass ? slope * repeat_slope_ : slope);
    }
  }
  quantizer_->quantize(std::as_const(run.coefficients_).first(count), run.values_.first(count), run.activity_,
                       run.slopes_);
}

LossyRowEncoder::CodedStep LossyRowEncoder::encode_step(Run& run, const StepRows& step, const RowSource& rows,
                                                        std::span<RowMatch> matches) const {
  const std::size_t count = step.row.size();
  const float prediction_scale = std::ldexp(1.0F, -loop_.synthesis_shift());
  match(run, step, rows, matches);
  const auto predicted = loop_.predict(run.state_, step, run.matches_);
  for (std::size_t i = 0; i < count; ++i) {
    float* const out = run.innovation_.row(i);
    const float* const row = rows(step.row[i], run.room_.data());
    for (std::size_t c = 0; c < channels_; ++c) {
      out[c] = row[c] - static_cast<float>(predicted[i][c]) * prediction_scale;
    }
  }
  analysis_.analyse(std::as_const(run.innovation_).first(count), run.coefficients_.first(count));
  quantize(run, step);
  const auto levels = std::as_const(run.values_).first(count);
  const auto decoded = loop_.reconstruct(run.state_, step, levels);
  if (run.matcher_) run.matcher_->add(decoded);
  return {levels, decoded};
}

void LossyRowEncoder::encode(const RowSource& rows, std::span<const Strand> strands, std::span<std::int16_t> quantised,
                             const RowVisitor& on_row, const EncodedBeside& beside, const RowChoices& choices,
                             Matching matching) const {
  const StepPlan plan(strands, in_lockstep_);
  RowsAhead own;
  RowsAhead* ahead = nullptr;
  if (looks_ahead_ && loop_.matches_rows()) {
    ahead = choices.ahead != nullptr ? choices.ahead : &own;
    const std::size_t count = choices.matches.size();
    ahead->near.resize(count);
    ahead->slopes.resize(count, 1.0F);
    if (matching == Matching::chosen) {
      look_ahead({match_, analysis_, cost_, channels_, coefficients_, plan, rows, beside.stored, beside.own_rows},
                 *ahead, choices.near_is_known);
    }
  }
  Run run(*this, strands, plan.largest_step_rows(), beside, matching, ahead);
  StepRows step;
  for (std::size_t index = 0; index < plan.step_count(); ++index) {
    plan.rows_of(index, step);
    const CodedStep coded = encode_step(run, step, rows, choices.matches);
    for (std::size_t i = 0; i < step.row.size(); ++i) {
      std::copy_n(coded.levels[i], coefficients_,
                  quantised.begin() + static_cast<std::ptrdiff_t>(step.row[i] * coefficients_));
      on_row(step.row[i], coded.decoded[i]);
    }
  }
}

}  // namespace actz
