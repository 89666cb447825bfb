#include "pipeline/lossy_target.hpp"

#include <cmath>

#include "container/scaled_centre.hpp"
#include "pipeline/enc_effort.hpp"

namespace actz {
namespace {

constexpr double kDefaultNmse = 0.02;

/// The error of a transform is nearly Gaussian: a bound of 4 deviations leaves one patch in 16 000 values.
double step_for_bound(unsigned state_bits, double bound) {
  return bound / 4 / std::sqrt(noise_per_step_squared(state_bits));
}

}  // namespace

double wanted_nmse(const EncodeOptions& options) { return options.nmse.value_or(kDefaultNmse); }

DecisionOptions decision_options(const EncodeOptions& options, const TaskMetric& metric, double repeat_slope) {
  DecisionOptions out = decisions_of_effort(options.effort, metric);
  out.repeat_slope = repeat_slope;
  out.optimize = !options.max_error;
  // Of a given slope the unit follows, and rows of other slopes would not suit it.
  out.look_ahead = out.look_ahead && !options.lossless && !options.lambda && !options.max_error;
  return out;
}

std::shared_ptr<const LossyRowEncoder> make_row_encoder(const CodecModel& model, const DecisionOptions& decisions) {
  return std::make_shared<LossyRowEncoder>(model, Rates::of_model, decisions_for(model.state_bits, decisions));
}

ModelChoice as_choice(CodecModel model, std::shared_ptr<const LossyRowEncoder> rows, double unit, double centre_gain) {
  ModelChoice out;
  out.unit = static_cast<float>(unit);
  out.centre_scale = centre_scale_for(model, double{out.unit}, centre_gain);
  out.model = std::move(model);
  out.rows = std::move(rows);
  return out;
}

double step_for_lambda(unsigned state_bits, double lambda) {
  return std::sqrt(lambda / decisions_for(state_bits, {}).lambda_per_step_squared);
}

std::optional<double> wanted_step(unsigned state_bits, const EncodeOptions& options) {
  if (options.max_error) return step_for_bound(state_bits, *options.max_error);
  if (options.lambda) return step_for_lambda(state_bits, *options.lambda);
  return std::nullopt;
}

UnitTarget target_of(const EncodeOptions& options, const DecisionOptions& decisions) {
  if (options.bits_per_value) return {std::nullopt, options.bits_per_value, decisions};
  return {wanted_nmse(options), std::nullopt, decisions};
}

bool goes_with(const ReferenceTensor& reference, const TensorViewPlan& view) {
  return reference.header->row_count() == view.sequences * view.rows && reference.depth < kMaxReferenceDepth;
}

}  // namespace actz
