#include <algorithm>
#include <cmath>
#include <tuple>

#include "base/try.hpp"
#include "fit/crowd_fit.hpp"
#include "fit/match_fit.hpp"
#include "fit/metric_basis.hpp"
#include "fit/rung_fit.hpp"
#include "pipeline/enc_effort.hpp"
#include "pipeline/enc_sources.hpp"
#include "pipeline/lossy_target.hpp"
#include "pipeline/measured_unit.hpp"
#include "pipeline/model_choice.hpp"
#include "pipeline/tensor_sample.hpp"
#include "pipeline/unit_search.hpp"

namespace actz {
namespace {

constexpr std::uint64_t kFitValues = 1u << 22;  ///< values to learn from
constexpr unsigned kTableTurns = 10;
constexpr unsigned kFewTableTurns = 4;                ///< below
constexpr std::uint32_t kWideChannels = 1024;         ///< beyond, matrices are low-rank or of blocks of channels
constexpr double kFewestWideValues = 1u << 21;        ///< such a model takes up to two bits for each of them
constexpr std::uint32_t kFewestMatchedChannels = 16;  ///< of fewer, naming rows costs more than it saves
constexpr double kMuchFewer = 0.75;                   ///< bits with matches, for them to be tried without a transform
// A rate is aimed at through the error that it comes with, 6 dB a bit.
constexpr unsigned kRateAttempts = 4;
constexpr double kRateTolerance = 0.1;  ///< of the rate, that the unit makes up for
constexpr double kFinestAim = 1e-9;
constexpr double kCoarsestAim = 0.9;
/// The largest error of a rounded diagonal coefficient: half a step and half a unit for the fixed-point row, plus room
/// for the conversions to float.
constexpr double kDiagonalErrorUnits = 16.5 * 1.001;

/// A codec to try on the tensor itself.
struct Candidate {
  bool transform;
  bool lags;
  double step_over_bound;  ///< max_error only: step in units of the bound; 0: the largest that needs no patches
};

RungOptions rung_options(const Candidate& candidate, const EncodeOptions& options, std::uint32_t channels,
                         const TaskMetric& metric) {
  RungOptions out;
  out.wide = channels > kWideChannels && (candidate.transform || candidate.lags);
  out.nmse = wanted_nmse(options);
  out.lags = candidate.lags ? options.lags.value_or(std::vector<std::uint16_t>{1, 2}) : std::vector<std::uint16_t>{};
  out.transform = candidate.transform && (!out.wide || metric.empty());  // the metric of wide rows is a diagonal
  out.turns = options.effort >= kExactEffort ? 4 : 3;
  out.table_turns = options.effort >= kExactEffort ? kTableTurns : kFewTableTurns;
  out.decisions = decision_options(options, metric);
  out.decisions.look_ahead = false;  // gains nothing while a model is learned
  if (options.max_error) {
    out.state_bits = 0;
    out.entropy = EntropyKind::static_classes;
  }
  // The model travels with the tensor: coarser matrices and fewer classes cost less than they save.
  out.precision = metric.empty() ? MatrixPrecision{3, 7} : MatrixPrecision{5, 7};  // a metric makes some columns short
  out.tables.classes.class_cost_bits = 150;
  out.tables.context.table_cost_bits = 150;
  if (options.max_error) {
    const double largest_unit = *options.max_error / kDiagonalErrorUnits;
    const double unit_step = 1 << kFractionBits;
    out.step =
        candidate.step_over_bound > 0 ? candidate.step_over_bound * *options.max_error : largest_unit * unit_step;
  }
  if (options.lambda) out.step = step_for_lambda(out.state_bits, *options.lambda);
  return out;
}

/// What was learned on a sample of the tensor itself.
struct OwnCodec {
  RungFit fit;
  RungOptions options;
  TensorSample* sample;
  const ReferenceTensor* reference;
  double bits;  ///< of the tensor
};

/// Full matrices cost channels² in the file and in time: only where the tensor is large against them.
bool may_hold_matrices(const TensorViewPlan& view) {
  const double values = static_cast<double>(view.sequences * view.rows) * view.channels;
  return view.channels > 1 &&
         (view.channels > kWideChannels ? values > kFewestWideValues : values > 8.0 * view.channels * view.channels);
}

std::vector<Candidate> candidates_for(const EncodeOptions& options, const TensorViewPlan& view) {
  const bool matrices = may_hold_matrices(view);
  const bool lags = matrices && view.rows > 1 && (!options.lags || !options.lags->empty());
  std::vector<Candidate> out{{false, false, 0}};
  const std::vector<double> steps = options.max_error ? std::vector<double>{0.9, 1.2} : std::vector<double>{0};
  if (lags && options.max_error) out.push_back({false, true, 0});
  for (const double step : steps) {
    if (matrices && (!lags || options.effort >= kThoroughEffort)) out.push_back({true, false, step});
    if (lags) out.push_back({true, true, step});
  }
  return out;
}

/// Bits of the whole tensor with a fitted candidate: symbols, patches and the model itself; at a wanted slope,
/// distortion too.
double total_bits(const RungFit& fit, double values, const EncodeOptions& options, const TaskMetric& metric,
                  TensorSample& sample, DType dtype) {
  double bits_per_value = fit.held_out.bits_per_value;
  // Candidates meet the same NMSE; what they differ by in the metric is worth 6 dB a bit.
  if (!metric.empty()) {
    const bool transform = fit.model.synthesis.kind != SynthesisKind::diagonal;
    bits_per_value -= 0.5 * std::log2(squared_error_per_distortion(metric, fit.model.channels, transform));
  }
  if (options.max_error) {
    const Trial trial = try_model(fit.model, sample.rows, sample.rows.train,
                                  {double{fit.model.unit}, decision_options(options, metric), options.max_error});
    bits_per_value = trial.measured.bits_per_value +
                     trial.share_beyond_bound * (8.0 * static_cast<double>(element_bytes(dtype)) + 10);
  }
  if (options.lambda)
    bits_per_value +=
        fit.held_out.nmse * sample.energy / static_cast<double>(sample.rows.values.size()) / *options.lambda;
  return bits_per_value * values + 8.0 * static_cast<double>(write_model(fit.model).size());
}

/// Whether it is worth the time to try to match the rows of a tensor that is fitted to.
bool may_match(const EncodeOptions& options, const CodecModel& model) {
  return options.match_rows && options.effort >= kThoroughEffort && !options.max_error && options.metric.empty() &&
         model.channels >= kFewestMatchedChannels;
}

/// A sample centred anew where its values crowd off its centre.
std::optional<TensorSample> centred_on_crowds(const TensorSample& sample) {
  const std::vector<double> offsets = crowd_offsets(sample.rows);
  if (offsets.empty()) return std::nullopt;
  TensorSample out = sample;
  centre_on_crowds(offsets, out.rows, out.centre);
  return out;
}

/// The unit that meets the target on the sample, or where rows are matched, on rows cut as they will be coded.
/// @param strand_rows  of the sample.
/// @param encoder      made with `decisions`; another may take its place.
Result<double> unit_for(OwnCodec& codec, const MeasuredTensor& tensor, std::uint64_t strand_rows,
                        const DecisionOptions& decisions, const EncodeOptions& options,
                        std::shared_ptr<const LossyRowEncoder>& encoder) {
  const CodecModel& model = codec.fit.model;
  const bool matched = model.match.classes > 0;
  const CutPlan cut = plan_cut(tensor.view, std::max<std::size_t>(lag_to_cut_for(model), 1), options.chunk_rows,
                               chunk_values_for(model));
  SearchOptions search{.threads = options.threads, .chunk_values = values_of_chunk(cut, tensor.view)};
  search.most_sources = own_sources(tensor, cut, options);
  std::optional<TensorSample> as_cut;
  if (matched && (cut.strand_rows != strand_rows || !codec.sample->whole_tensor)) {
    ACTZ_TRY(as_cut,
             sample_for(tensor, model, cut.strand_rows, kMatchedChunkValues, search.most_sources * cut.strands_of(0)));
  }
  TensorSample& sample = as_cut ? *as_cut : *codec.sample;
  std::optional<double> energy;
  if (!sample.whole_tensor) {
    ACTZ_TRY(const auto moments, measure_moments(tensor.elements, tensor.dtype, tensor.view));
    if (moments) energy = moments->energy_per_value;
  }
  search.wants_bits = matched;
  const double first = double{model.unit};
  return unit_and_encoder(model, decisions, encoder, [&](const auto& with, const DecisionOptions& how) {
    return Result<FoundUnit>(find_unit(model, with, sample, energy, target_of(options, how), first, search));
  });
}

}  // namespace

Result<ModelChoice> choose_by_fitting(BufferedElements& elements, DType dtype, const TensorViewPlan& view,
                                      const EncodeOptions& options, References references) {
  const std::size_t longest_lag = options.lags ? (options.lags->empty() ? 0 : options.lags->back()) : 2;
  const CutPlan cut = plan_cut(view, std::max<std::size_t>(longest_lag, 1), options.chunk_rows, kLossyChunkValues);
  TaskMetric metric;
  if (!options.metric.empty()) {
    ACTZ_TRY(metric, make_task_metric(options.metric, static_cast<std::uint32_t>(view.channels),
                                      !may_hold_matrices(view) || view.channels > kWideChannels));
  }
  ACTZ_TRY(auto sample, sample_tensor(elements, dtype, view, cut.strand_rows, kFitValues));
  const double values = static_cast<double>(view.sequences * view.rows) * view.channels;
  std::optional<TensorSample> crowded = metric.empty() ? centred_on_crowds(sample) : std::nullopt;
  std::optional<OwnCodec> best, plain;
  EncodeOptions aimed = options;
  const auto bits_of = [&](const RungFit& fit, TensorSample& on) {
    return total_bits(fit, values, options, metric, on, dtype);
  };
  const auto try_candidate = [&](const Candidate& candidate, TensorSample& on, const ReferenceTensor* reference) {
    RungOptions rung = rung_options(candidate, aimed, view.channels, metric);
    const double share = static_cast<double>(sample.rows.values.size()) / values;
    rung.tables.classes.class_cost_bits *= share;
    rung.tables.context.table_cost_bits *= share;
    OwnCodec tried{fit_rung(on.rows, on.centre, rung), rung, &on, reference, 0};
    tried.bits = bits_of(tried.fit, on);
    if (!candidate.transform && !candidate.lags && (!plain || tried.bits < plain->bits)) plain = tried;
    if (!best || tried.bits < best->bits) best = std::move(tried);
  };
  const std::vector<Candidate> candidates = candidates_for(options, view);
  for (unsigned attempt = 0; attempt < kRateAttempts; ++attempt) {
    best.reset();
    plain.reset();
    sample.rows.reference_channels = 0;
    for (const Candidate& candidate : candidates) try_candidate(candidate, sample, nullptr);
    if (crowded) try_candidate({false, false, 0}, *crowded, nullptr);
    for (const ReferenceTensor* reference : references) {
      if (!goes_with(*reference, view) || view.channels > kWideChannels) continue;
      ACTZ_CHECK(add_reference_rows(*reference, sample));
      for (const Candidate& candidate : candidates) {
        if (candidate.transform) try_candidate(candidate, sample, reference);
      }
    }
    if (!options.bits_per_value) break;
    // Tables learned far from the wanted rate do not reach it.
    const double excess = best->fit.held_out.bits_per_value - *options.bits_per_value;
    if (std::fabs(excess) <= kRateTolerance * *options.bits_per_value) break;
    aimed.nmse = std::clamp(wanted_nmse(aimed) * std::exp2(2 * excess), kFinestAim, kCoarsestAim);
  }
  if (best->reference == nullptr) {
    sample.rows.reference_channels = 0;
  } else {
    ACTZ_CHECK(add_reference_rows(*best->reference, sample));
  }
  const auto match_rows_of = [&](OwnCodec& codec) {
    RungFit matched = fit_matches(codec.sample->rows, codec.sample->centre, codec.fit, codec.options);
    const double bits = bits_of(matched, *codec.sample);
    if (bits < codec.bits) std::tie(codec.fit, codec.bits) = std::pair(std::move(matched), bits);
  };
  if (may_match(options, best->fit.model)) {
    const double before = best->bits;
    match_rows_of(*best);
    // Of rows that repeat, or whose matches save as much, too little may be left for a transform to pay for itself.
    const bool repeats = best->fit.repeat_slope != 1 || best->bits < kMuchFewer * before;
    if (repeats && best->reference == nullptr) {
      match_rows_of(*plain);
      if (plain->bits < best->bits) best = std::move(plain);
    }
  }
  const DecisionOptions decisions = decision_options(options, metric, best->fit.repeat_slope);
  auto encoder = make_row_encoder(best->fit.model, decisions);
  double unit = double{best->fit.model.unit};
  if (!options.max_error && !options.lambda) {
    const MeasuredTensor tensor{elements, dtype, view, best->reference, std::nullopt, 1, 0};
    ACTZ_TRY(unit, unit_for(*best, tensor, cut.strand_rows, decisions, options, encoder));
  }
  ModelChoice out = as_choice(std::move(best->fit.model), std::move(encoder), unit);
  out.model_bytes = write_model(out.model);
  out.reference = best->reference;
  return out;
}

}  // namespace actz
