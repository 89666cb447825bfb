#pragma once

#include <memory>
#include <optional>

#include "actz/archive.hpp"
#include "fit/trial.hpp"
#include "pipeline/model_choice.hpp"
#include "pipeline/unit_search.hpp"

/// What options ask of a lossy codec, whether it is learned from the tensor or comes with a profile.

namespace actz {

double wanted_nmse(const EncodeOptions& options);

/// A bound on the error leaves no room for decisions against it.
/// @param metric        may be empty; must outlive what is made of the result.
/// @param repeat_slope  that goes with the model.
DecisionOptions decision_options(const EncodeOptions& options, const TaskMetric& metric, double repeat_slope = 1);

std::shared_ptr<const LossyRowEncoder> make_row_encoder(const CodecModel& model, const DecisionOptions& decisions);

ModelChoice as_choice(CodecModel model, std::shared_ptr<const LossyRowEncoder> rows, double unit,
                      double centre_gain = 1);

/// The step at which the quantiser's decisions trade at a wanted slope.
double step_for_lambda(unsigned state_bits, double lambda);

/// The step that a bound or a slope asks for, without any measuring.
std::optional<double> wanted_step(unsigned state_bits, const EncodeOptions& options);

UnitTarget target_of(const EncodeOptions& options, const DecisionOptions& decisions);

/// Whether rows of another tensor may predict those of a tensor.
bool goes_with(const ReferenceTensor& reference, const TensorViewPlan& view);

}  // namespace actz
