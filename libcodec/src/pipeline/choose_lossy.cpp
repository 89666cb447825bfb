#include <algorithm>
#include <cmath>
#include <limits>

#include "base/try.hpp"
#include "container/scaled_centre.hpp"
#include "fit/match_fit.hpp"
#include "fit/metric_basis.hpp"
#include "fit/rung_fit.hpp"
#include "pipeline/enc_effort.hpp"
#include "pipeline/enc_sources.hpp"
#include "pipeline/model_choice.hpp"
#include "pipeline/tensor_sample.hpp"
#include "pipeline/unit_search.hpp"
#include "profile/metric_section.hpp"

namespace actz {
namespace {

constexpr std::uint64_t kFitValues = 1u << 22;  ///< values to learn from
/// Values to find the unit on: an eighth of the tensor, within limits
constexpr std::uint64_t kFewestMeasured = 1u << 16;
constexpr std::uint64_t kMostMeasured = 1u << 19;
constexpr std::uint64_t kMostMeasuredAgain = 1u << 22;  ///< where the first sample's spread was too wide
constexpr double kLeastCentreGain = 0.1;                ///< of a tensor's energy, for its mean to be followed
constexpr double kMeasuredError = 0.004;                ///< standard error wanted of what is aimed at
/// Of a strand, or more where lags reach far; many short ones represent more
constexpr std::uint64_t kMeasuredRows = 32;
constexpr std::uint64_t kFastSampleShare = 4;  ///< of the values measured otherwise, one in so many
constexpr double kFastAcceptedStep = 0.05;
constexpr unsigned kTableTurns = 10;
constexpr unsigned kFewTableTurns = 4;          ///< below
constexpr std::uint32_t kWideChannels = 1024;   ///< beyond, matrices are low-rank or of blocks of channels
constexpr double kFewestWideValues = 1u << 21;  ///< such a model takes up to two bits for each of them
constexpr double kDefaultNmse = 0.02;
// A rate is aimed at through the error that it comes with, 6 dB a bit.
constexpr unsigned kRateAttempts = 4;
constexpr double kRateTolerance = 0.1;  ///< of the rate, that the unit makes up for
constexpr double kFinestAim = 1e-9;
constexpr double kCoarsestAim = 0.9;
/// The largest error of a rounded diagonal coefficient: half a step and half a unit for the fixed-point row, plus room
/// for the conversions to float.
constexpr double kDiagonalErrorUnits = 16.5 * 1.001;

double wanted_nmse(const EncodeOptions& options) { return options.nmse.value_or(kDefaultNmse); }

/// A bound on the error leaves no room for decisions against it.
/// @param metric        may be empty; must outlive what is made of the result.
/// @param repeat_slope  that goes with the model.
DecisionOptions decision_options(const EncodeOptions& options, const TaskMetric& metric, double repeat_slope = 1) {
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

ModelChoice as_choice(CodecModel model, std::shared_ptr<const LossyRowEncoder> rows, double unit,
                      double centre_gain = 1) {
  ModelChoice out;
  out.unit = static_cast<float>(unit);
  out.centre_scale = centre_scale_for(model, double{out.unit}, centre_gain);
  out.model = std::move(model);
  out.rows = std::move(rows);
  return out;
}

/// The error of a transform is nearly Gaussian: a bound of 4 deviations leaves one patch in 16 000 values.
double step_for_bound(unsigned state_bits, double bound) {
  return bound / 4 / std::sqrt(noise_per_step_squared(state_bits));
}

/// The step at which the quantiser's decisions trade at a wanted slope.
double step_for_lambda(unsigned state_bits, double lambda) {
  return std::sqrt(lambda / decisions_for(state_bits, {}).lambda_per_step_squared);
}

/// The step that a bound or a slope asks for, without any measuring.
std::optional<double> wanted_step(unsigned state_bits, const EncodeOptions& options) {
  if (options.max_error) return step_for_bound(state_bits, *options.max_error);
  if (options.lambda) return step_for_lambda(state_bits, *options.lambda);
  return std::nullopt;
}

/// The rung, or of the finer ones that need fewer bits than it does, the one that needs fewest: where rows repeat,
/// matches may pay on a fine rung and not on a coarse one.
std::size_t not_dearer_than_finer(const Profile::Content& profile, std::size_t rung) {
  const double nmse = profile.info[rung].held_out_nmse;
  for (std::size_t i = 0; i < profile.info.size(); ++i) {
    const bool fewer = profile.info[i].held_out_bits_per_value < profile.info[rung].held_out_bits_per_value;
    if (fewer && profile.info[i].held_out_nmse <= nmse) rung = i;
  }
  return rung;
}

/// Rung whose measured quality or rate is nearest to the wanted one.
std::size_t nearest_rung(const Profile::Content& profile, const EncodeOptions& options) {
  if (options.lossless) return 0;  // the finest: what it leaves costs more than what it takes
  std::size_t best = 0;
  double best_distance = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < profile.rungs.size(); ++i) {
    double distance = 0;
    if (const auto step = wanted_step(profile.rungs[i].model.state_bits, options)) {
      distance = std::fabs(std::log(double{profile.rungs[i].model.unit} * (1 << kFractionBits) / *step));
    } else if (options.bits_per_value) {
      distance = std::fabs(profile.info[i].held_out_bits_per_value - *options.bits_per_value);
    } else {
      distance = std::fabs(std::log(std::max(profile.info[i].held_out_nmse, 1e-12) / wanted_nmse(options)));
    }
    if (distance < best_distance) {
      best_distance = distance;
      best = i;
    }
  }
  const bool by_error = !wanted_step(profile.rungs[best].model.state_bits, options) && !options.bits_per_value;
  return by_error ? not_dearer_than_finer(profile, best) : best;
}

UnitTarget target_of(const EncodeOptions& options, const DecisionOptions& decisions) {
  if (options.bits_per_value) return {std::nullopt, options.bits_per_value, decisions};
  return {wanted_nmse(options), std::nullopt, decisions};
}

/// Where the search for a unit begins.
struct FirstGuess {
  double unit = 1;
  double nmse = 0;  ///< that goes with it, roughly; 0: unknown
};

FirstGuess first_guess(const Profile::Content& profile, const EncodeOptions& options) {
  const std::size_t rung = nearest_rung(profile, options);
  const double unit = double{profile.rungs[rung].model.unit};
  const double measured = profile.info[rung].held_out_nmse;
  if (options.bits_per_value || options.lossless || !(measured > 0)) return {unit, measured};
  return {unit * std::clamp(std::sqrt(wanted_nmse(options) / measured), 0.25, 4.0), wanted_nmse(options)};
}

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
         model.synthesis.kind != SynthesisKind::diagonal;
}

bool goes_with(const ReferenceTensor& reference, const TensorViewPlan& view) {
  return reference.header->row_count() == view.sequences * view.rows && reference.depth < kMaxReferenceDepth;
}

/// The tensor that a profile's models predict from; null if they do not.
Result<const ReferenceTensor*> reference_of(const CodecModel& model, const Profile::Content& profile,
                                            const TensorViewPlan& view, References references) {
  if (model.reference.channels == 0) return static_cast<const ReferenceTensor*>(nullptr);
  const std::string& name = profile.training.reference;
  for (const ReferenceTensor* reference : references) {
    if (reference->header->name != name) continue;
    if (goes_with(*reference, view) && reference->header->channels == model.reference.channels) return reference;
    return Error{ErrorCode::bad_argument, Error::kNoOffset,
                 "the reference '" + name + "' has other rows or channels than the profile and the tensor want"};
  }
  return Error{ErrorCode::bad_argument, Error::kNoOffset,
               "the profile predicts from the tensor '" + name + "': encode it into the same file, before this one"};
}

/// The dictionary that a model of a profile names; null if none.
std::shared_ptr<const LoadedDictionary> dictionary_of(const CodecModel& model, const Profile::Content& profile) {
  for (const StoredDictionary& stored : profile.dictionaries) {
    if (model.match.dictionary == stored.digest) return load_dictionary(stored);
  }
  return nullptr;
}

/// A tensor to measure on.
struct MeasuredTensor {
  BufferedElements& elements;
  DType dtype;
  const TensorViewPlan& view;
  const ReferenceTensor* reference;
  std::optional<double> energy_per_value;  ///< Σ(x − mean)², of all of it; of a pipe, nothing
  double centre_gain;                      ///< what the model's centre is multiplied by
};

/// What the model's centre is to be multiplied by for a tensor of another scale than those it was learned from; 1
/// unless that takes away a good part of the energy.
double centre_gain_for(const CodecModel& model, const TensorMoments& moments) {
  double product = 0, square = 0;
  for (std::size_t c = 0; c < moments.mean.size(); ++c) {
    const double centre = double{model.unit} * model.centre[c];
    product += moments.mean[c] * centre;
    square += centre * centre;
  }
  const double gain = std::max(product / std::max(square, 1e-300), 0.0);
  const double taken_away = (square - 2 * product) - (gain * gain * square - 2 * gain * product);
  const double energy = moments.energy_per_value * static_cast<double>(moments.mean.size());
  return taken_away > kLeastCentreGain * energy ? gain : 1;
}

/// Rows of a tensor as a model sees them.
Result<TensorSample> sample_for(const MeasuredTensor& tensor, const CodecModel& model, std::uint64_t strand_rows,
                                std::uint64_t values) {
  ACTZ_TRY(auto sample, sample_tensor(tensor.elements, tensor.dtype, tensor.view, strand_rows, values));
  // The model subtracts its own centre, which need not be this tensor's mean.
  TrainingRows& rows = sample.rows;
  std::vector<float> offset;
  for (std::size_t c = 0; c < rows.channels; ++c) {
    offset.push_back(static_cast<float>(sample.centre[c] - tensor.centre_gain * double{model.unit} * model.centre[c]));
  }
  for (std::size_t at = 0; at < rows.values.size(); at += rows.channels) {
    for (std::size_t c = 0; c < rows.channels; ++c) rows.values[at + c] += offset[c];
  }
  for (std::size_t c = 0; c < rows.channels; ++c) rows.mean[c] += double{offset[c]};
  if (tensor.reference != nullptr) ACTZ_CHECK(add_reference_rows(*tensor.reference, sample));
  return sample;
}

/// Values of the first chunk.
std::uint64_t values_of_chunk(const CutPlan& cut, const TensorViewPlan& view) {
  return std::uint64_t{cut.strands_of(0)} * cut.strand_rows * view.channels;
}

/// The unit that meets a target, from a sample as large as the spread of the tensor asks for.
Result<double> measure_unit(const MeasuredTensor& tensor, const CodecModel& model, const LossyRowEncoder& encoder,
                            const StoredRows* dictionary, const UnitTarget& target, FirstGuess first,
                            const EncodeOptions& options) {
  const TrainingStoredRows known{dictionary, {}, {}};
  const std::uint64_t values = tensor.view.sequences * tensor.view.rows * tensor.view.channels;
  const std::uint64_t strand_rows =
      std::min(tensor.view.rows, std::max<std::uint64_t>(kMeasuredRows, 4 * model.predictor.longest_lag()));
  const bool fast = options.effort <= kFastEffort;
  const bool matched = model.match.classes > 0;  // what a row is matched with depends on all rows of its chunk
  std::uint64_t sampled = matched
                              ? std::min(values, kMatchedChunkValues)
                              : std::clamp(values / 8, kFewestMeasured, kMostMeasured) / (fast ? kFastSampleShare : 1);
  for (;;) {
    // The whole tensor is measured as it will be coded; of a part, strands without their first rows, which lack
    // history.
    const bool whole = matched || sampled >= values;
    const CutPlan cut = plan_cut(tensor.view, std::max<std::size_t>(model.predictor.longest_lag(), 1),
                                 matched ? options.chunk_rows : 0, matched ? kMatchedChunkValues : kLossyChunkValues);
    const std::uint64_t chunk_values = values_of_chunk(cut, tensor.view);
    ACTZ_TRY(auto sample, sample_for(tensor, model, whole ? cut.strand_rows : strand_rows, sampled));
    const FoundUnit found =
        find_unit(model, encoder, sample, tensor.energy_per_value, target, first.unit,
                  {whole ? 0 : strand_rows / 2, fast ? kFastAcceptedStep : SearchOptions{}.accepted_step,
                   options.threads, dictionary != nullptr ? &known : nullptr, chunk_values,
                   options.use_sources && tensor.reference == nullptr ? most_source_chunks(chunk_values) : 0,
                   first.nmse, tensor.centre_gain});
    const double growth = std::pow(found.relative_error / kMeasuredError, 2);
    if (growth <= 1.5 || options.effort < kThoroughEffort || sample.whole_tensor || !tensor.elements.rewindable() ||
        sampled >= kMostMeasuredAgain)
      return found.unit;
    sampled = static_cast<std::uint64_t>(
        std::min(static_cast<double>(sampled) * growth, static_cast<double>(kMostMeasuredAgain)));
    first.unit = found.unit;
  }
}

}  // namespace

Result<ModelChoice> choose_from_profile(BufferedElements& elements, DType dtype, const TensorViewPlan& view,
                                        const EncodeOptions& options, References references,
                                        std::span<const SharedSource> sources) {
  const Profile::Content& profile = options.profile->content();
  const std::uint32_t channels = profile.rungs.front().model.channels;
  if (view.channels != channels) {
    return Error{ErrorCode::bad_argument, Error::kNoOffset,
                 "the profile is for " + std::to_string(channels) + " channels, the tensor has " +
                     std::to_string(view.channels)};
  }
  const Rung& rung = profile.rungs[nearest_rung(profile, options)];
  ACTZ_TRY(const auto* reference, reference_of(rung.model, profile, view, references));
  ACTZ_TRY(const auto metric, read_metric(profile.metric, channels));
  const auto dictionary = dictionary_of(rung.model, profile);
  std::shared_ptr<const StoredRows> stored;
  if (const SharedParts parts = stored_parts(dictionary.get(), sources);
      rung.model.match.classes > 0 && !parts.empty()) {
    ACTZ_TRY(stored, StoredParts(parts).rows(channels));
  }
  const DecisionOptions decisions = decision_options(options, metric, options.lossless ? 1 : rung.repeat_slope);
  auto encoder = make_row_encoder(rung.model, decisions);
  ACTZ_TRY(const auto moments, measure_moments(elements, dtype, view));
  const double centre_gain = moments ? centre_gain_for(rung.model, *moments) : 1;
  const auto energy = moments ? std::optional(moments->energy_per_value) : std::nullopt;
  const FirstGuess guess = first_guess(profile, options);
  double unit = guess.unit;
  if (const auto step = wanted_step(rung.model.state_bits, options)) {
    unit = *step / (1 << kFractionBits);
  } else if (!options.lossless) {
    ACTZ_TRY(unit, measure_unit({elements, dtype, view, reference, energy, centre_gain}, rung.model, *encoder,
                                stored.get(), target_of(options, decisions), guess, options));
  }
  ModelChoice out = as_choice(rung.model, std::move(encoder), unit, centre_gain);
  out.reference = reference;
  out.dictionary = dictionary;
  out.model_bytes = rung.model_bytes;
  out.embed = options.embed_model;
  out.refined = options.lossless;
  return out;
}

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
  std::optional<RungFit> best;
  const ReferenceTensor* best_reference = nullptr;
  double best_bits = 0;
  RungOptions best_options;
  EncodeOptions aimed = options;
  const auto try_candidate = [&](const Candidate& candidate, const ReferenceTensor* reference) {
    RungOptions rung = rung_options(candidate, aimed, view.channels, metric);
    const double share = static_cast<double>(sample.rows.values.size()) / values;
    rung.tables.classes.class_cost_bits *= share;
    rung.tables.context.table_cost_bits *= share;
    RungFit fit = fit_rung(sample.rows, sample.centre, rung);
    const double bits = total_bits(fit, values, options, metric, sample, dtype);
    if (best && bits >= best_bits) return;
    best = std::move(fit);
    best_bits = bits;
    best_reference = reference;
    best_options = rung;
  };
  const std::vector<Candidate> candidates = candidates_for(options, view);
  for (unsigned attempt = 0; attempt < kRateAttempts; ++attempt) {
    best.reset();
    best_reference = nullptr;
    sample.rows.reference_channels = 0;
    for (const Candidate& candidate : candidates) try_candidate(candidate, nullptr);
    for (const ReferenceTensor* reference : references) {
      if (!goes_with(*reference, view) || view.channels > kWideChannels) continue;
      ACTZ_CHECK(add_reference_rows(*reference, sample));
      for (const Candidate& candidate : candidates) {
        if (candidate.transform) try_candidate(candidate, reference);
      }
    }
    if (!options.bits_per_value) break;
    // Tables learned far from the wanted rate do not reach it.
    const double excess = best->held_out.bits_per_value - *options.bits_per_value;
    if (std::fabs(excess) <= kRateTolerance * *options.bits_per_value) break;
    aimed.nmse = std::clamp(wanted_nmse(aimed) * std::exp2(2 * excess), kFinestAim, kCoarsestAim);
  }
  if (best_reference == nullptr) {
    sample.rows.reference_channels = 0;
  } else {
    ACTZ_CHECK(add_reference_rows(*best_reference, sample));
  }
  if (may_match(options, best->model)) {
    RungFit matched = fit_matches(sample.rows, sample.centre, *best, best_options);
    if (total_bits(matched, values, options, metric, sample, dtype) < best_bits) best = std::move(matched);
  }
  const DecisionOptions decisions = decision_options(options, metric, best->repeat_slope);
  auto encoder = make_row_encoder(best->model, decisions);
  double unit = double{best->model.unit};
  if (!options.max_error && !options.lambda) {
    const CutPlan matched_cut =
        plan_cut(view, std::max<std::size_t>(longest_lag, 1), options.chunk_rows, kMatchedChunkValues);
    unit = find_unit(best->model, *encoder, sample, std::nullopt, target_of(options, decisions), unit,
                     {.threads = options.threads, .chunk_values = values_of_chunk(matched_cut, view)})
               .unit;
  }
  ModelChoice out = as_choice(std::move(best->model), std::move(encoder), unit);
  out.model_bytes = write_model(out.model);
  out.reference = best_reference;
  return out;
}

}  // namespace actz
