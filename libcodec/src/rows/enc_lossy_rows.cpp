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
                                             const std::vector<float>& column_energy, const Decisions& decisions,
                                             double slope = 1) {
  const float lambda = lambda_of(decisions.lambda_per_step_squared * slope);
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
      quantizer_(make_quantizer(model, rates, analysis_.column_energy(), decisions)) {
  if (model.match.classes > 0 && decisions.repeat_slope != 1)
    repeat_quantizer_ = make_quantizer(model, rates, analysis_.column_energy(), decisions, decisions.repeat_slope);
}

LossyRowEncoder::Run::Run(const LossyRowEncoder& encoder, std::span<const Strand> strands,
                          std::size_t largest_step_rows, const EncodedBeside& beside, Matching matching)
    : state_(encoder.loop_, strands, largest_step_rows,
             {beside.reference, beside.stored != nullptr ? &beside.stored->rows : nullptr}),
      innovation_(largest_step_rows, encoder.channels_),
      coefficients_(largest_step_rows, encoder.coefficients_),
      values_(largest_step_rows, encoder.coefficients_),
      room_(encoder.channels_) {
  if (!encoder.loop_.matches_rows() || matching == Matching::given) return;
  matcher_.emplace(encoder.match_, encoder.loop_, encoder.analysis_, encoder.cost_, encoder.channels_,
                   encoder.coefficients_, strands.size(), largest_step_rows, beside.stored, beside.own_rows);
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

void LossyRowEncoder::quantize(Run& run, std::size_t count) const {
  if (repeat_quantizer_ == nullptr) {
    quantizer_->quantize(std::as_const(run.coefficients_).first(count), run.values_.first(count), run.activity_);
    return;
  }
  for (const bool repeats : {false, true}) {
    run.some_coefficients_.clear();
    run.some_values_.clear();
    run.some_activity_.clear();
    for (std::size_t i = 0; i < count; ++i) {
      if ((run.matches_[i].match_class == kNearestClass) != repeats) continue;
      run.some_coefficients_.push_back(run.coefficients_.row(i));
      run.some_values_.push_back(run.values_.row(i));
      run.some_activity_.push_back(run.activity_[i]);
    }
    if (run.some_values_.empty()) continue;
    (repeats ? repeat_quantizer_ : quantizer_)->quantize(run.some_coefficients_, run.some_values_, run.some_activity_);
  }
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
  quantize(run, count);
  const auto levels = std::as_const(run.values_).first(count);
  const auto decoded = loop_.reconstruct(run.state_, step, levels);
  if (run.matcher_) run.matcher_->add(decoded);
  return {levels, decoded};
}

void LossyRowEncoder::encode(const RowSource& rows, std::span<const Strand> strands, std::span<std::int16_t> quantised,
                             const RowVisitor& on_row, const EncodedBeside& beside, std::span<RowMatch> matches,
                             Matching matching) const {
  const StepPlan plan(strands, in_lockstep_);
  Run run(*this, strands, plan.largest_step_rows(), beside, matching);
  StepRows step;
  for (std::size_t index = 0; index < plan.step_count(); ++index) {
    plan.rows_of(index, step);
    const CodedStep coded = encode_step(run, step, rows, matches);
    for (std::size_t i = 0; i < step.row.size(); ++i) {
      std::copy_n(coded.levels[i], coefficients_,
                  quantised.begin() + static_cast<std::ptrdiff_t>(step.row[i] * coefficients_));
      on_row(step.row[i], coded.decoded[i]);
    }
  }
}

}  // namespace actz
