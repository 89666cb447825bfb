#include <algorithm>
#include <cmath>
#include <limits>

#include "base/try.hpp"
#include "fit/rung_fit.hpp"
#include "pipeline/model_choice.hpp"
#include "pipeline/tensor_sample.hpp"
#include "pipeline/unit_search.hpp"

namespace actz {
namespace {

constexpr std::uint64_t kFitValues = 1u << 22;      ///< values to learn from
constexpr std::uint64_t kFewestMeasured = 1u << 16;  ///< values to find the unit on: an eighth of the tensor, within limits
constexpr std::uint64_t kMostMeasured = 1u << 19;
constexpr std::uint64_t kMeasuredRows = 32;  ///< of a strand, or more where lags reach far; many short ones represent more
constexpr unsigned kExactEffort = 7;  ///< from here on paths reckon with their own contexts
constexpr std::uint32_t kWideChannels = 1024;     ///< beyond, matrices are low-rank or of blocks of channels
constexpr double kFewestWideValues = 1u << 21;    ///< such a model takes up to two bits for each of them
constexpr double kDefaultNmse = 0.02;
/// The largest error of a rounded diagonal coefficient: half a step and half a unit for the fixed-point row, plus room
/// for the conversions to float.
constexpr double kDiagonalErrorUnits = 16.5 * 1.001;

double wanted_nmse(const EncodeOptions& options) { return options.nmse.value_or(kDefaultNmse); }

/// A bound on the error leaves no room for decisions against it.
DecisionOptions decision_options(const EncodeOptions& options) {
  return {!options.max_error, options.effort >= kExactEffort ? TrellisContexts::of_each_path : TrellisContexts::of_each_quantizer};
}

std::uint32_t centre_scale_for(double model_unit, double unit) {
  return static_cast<std::uint32_t>(std::lrint(std::clamp(model_unit / unit * kCentreScaleOne, 1.0, 4.0e9)));
}

std::shared_ptr<const LossyRowEncoder> make_row_encoder(const CodecModel& model, const EncodeOptions& options) {
  return std::make_shared<LossyRowEncoder>(model, Rates::of_model, decisions_for(model.state_bits, decision_options(options)));
}

ModelChoice as_choice(CodecModel model, std::shared_ptr<const LossyRowEncoder> rows, double unit) {
  ModelChoice out;
  out.unit = static_cast<float>(unit);
  out.centre_scale = centre_scale_for(double{model.unit}, double{out.unit});
  out.model = std::move(model);
  out.rows = std::move(rows);
  return out;
}

/// The error of a transform is nearly Gaussian: a bound of 4 deviations leaves one patch in 16 000 values.
double step_for_bound(unsigned state_bits, double bound) { return bound / 4 / std::sqrt(noise_per_step_squared(state_bits)); }

/// Rung whose measured quality or rate is nearest to the wanted one.
std::size_t nearest_rung(const Profile::Content& profile, const EncodeOptions& options) {
  std::size_t best = 0;
  double best_distance = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < profile.rungs.size(); ++i) {
    double distance = 0;
    if (options.max_error) {
      const double step = double{profile.rungs[i].model.unit} * (1 << kFractionBits);
      distance = std::fabs(std::log(step / step_for_bound(profile.rungs[i].model.state_bits, *options.max_error)));
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
  return best;
}

UnitTarget target_of(const EncodeOptions& options) {
  if (options.bits_per_value) return {std::nullopt, options.bits_per_value, decision_options(options)};
  return {wanted_nmse(options), std::nullopt, decision_options(options)};
}

/// Factor from the unit of the nearest rung to one that meets an NMSE, to begin with.
double first_guess(const Profile::Content& profile, const EncodeOptions& options) {
  const double measured = profile.info[nearest_rung(profile, options)].held_out_nmse;
  if (options.bits_per_value || !(measured > 0)) return 1;
  return std::clamp(std::sqrt(wanted_nmse(options) / measured), 0.25, 4.0);
}

/// A codec to try on the tensor itself.
struct Candidate {
  bool transform;
  bool lags;
  double step_over_bound;  ///< max_error only: step in units of the bound; 0: the largest that needs no patches
};

RungOptions rung_options(const Candidate& candidate, const EncodeOptions& options, std::uint32_t channels) {
  RungOptions out;
  out.wide = channels > kWideChannels && (candidate.transform || candidate.lags);
  out.nmse = wanted_nmse(options);
  out.lags = candidate.lags ? options.lags.value_or(std::vector<std::uint16_t>{1, 2}) : std::vector<std::uint16_t>{};
  out.transform = candidate.transform;
  out.turns = 3;
  out.decisions = decision_options(options);
  if (options.max_error) {
    out.state_bits = 0;
    out.entropy = EntropyKind::static_classes;
  }
  // The model travels with the tensor: coarser matrices and fewer classes cost less than they save.
  out.precision = {3, 7};
  out.tables.classes.class_cost_bits = 150;
  out.tables.context.table_cost_bits = 150;
  if (options.max_error) {
    const double largest_unit = *options.max_error / kDiagonalErrorUnits;
    const double unit_step = 1 << kFractionBits;
    out.step = candidate.step_over_bound > 0 ? candidate.step_over_bound * *options.max_error : largest_unit * unit_step;
  }
  return out;
}

std::vector<Candidate> candidates_for(const EncodeOptions& options, const TensorViewPlan& view) {
  // Full matrices cost channels² in the file and in time: only where the tensor is large against them.
  const double values = static_cast<double>(view.sequences * view.rows) * view.channels;
  const bool matrices = view.channels > 1 && (view.channels > kWideChannels ? values > kFewestWideValues
                                                                            : values > 8.0 * view.channels * view.channels);
  const bool lags = matrices && view.rows > 1 && (!options.lags || !options.lags->empty());
  std::vector<Candidate> out{{false, false, 0}};
  const std::vector<double> steps = options.max_error ? std::vector<double>{0.9, 1.2} : std::vector<double>{0};
  if (lags && options.max_error) out.push_back({false, true, 0});
  for (const double step : steps) {
    if (matrices) out.push_back({true, false, step});
    if (lags) out.push_back({true, true, step});
  }
  return out;
}

/// Bits of the whole tensor with a fitted candidate: symbols, patches and the model itself.
double total_bits(const RungFit& fit, double values, const EncodeOptions& options, TensorSample& sample, DType dtype) {
  double bits_per_value = fit.train.bits_per_value;
  if (options.max_error) {
    const Trial trial = try_model(fit.model, sample.rows, sample.rows.train, {double{fit.model.unit}, decision_options(options), options.max_error});
    bits_per_value = trial.measured.bits_per_value +
                     trial.share_beyond_bound * (8.0 * static_cast<double>(element_bytes(dtype)) + 10);
  }
  return bits_per_value * values + 8.0 * static_cast<double>(write_model(fit.model).size());
}

}  // namespace

Result<ModelChoice> choose_from_profile(BufferedElements& elements, DType dtype, const TensorViewPlan& view,
                                        const EncodeOptions& options) {
  const Profile::Content& profile = options.profile->content();
  const std::uint32_t channels = profile.rungs.front().model.channels;
  if (view.channels != channels) {
    return Error{ErrorCode::bad_argument, Error::kNoOffset,
                 "the profile is for " + std::to_string(channels) + " channels, the tensor has " + std::to_string(view.channels)};
  }
  const Rung& rung = profile.rungs[nearest_rung(profile, options)];
  const std::uint64_t values = view.sequences * view.rows * view.channels;
  const std::uint64_t strand_rows = std::min(view.rows, std::max<std::uint64_t>(kMeasuredRows, 4 * rung.model.predictor.longest_lag()));
  ACTZ_TRY(auto sample, sample_tensor(elements, dtype, view, strand_rows, std::clamp(values / 8, kFewestMeasured, kMostMeasured)));
  // The model subtracts its own centre, which need not be this tensor's mean.
  TrainingRows& rows = sample.rows;
  std::vector<float> offset;
  for (std::size_t c = 0; c < rows.channels; ++c) {
    offset.push_back(static_cast<float>(sample.mean[c] - double{rung.model.unit} * rung.model.centre[c]));
  }
  for (std::size_t at = 0; at < rows.values.size(); at += rows.channels) {
    for (std::size_t c = 0; c < rows.channels; ++c) rows.values[at + c] += offset[c];
  }
  auto encoder = make_row_encoder(rung.model, options);
  double unit = double{rung.model.unit};
  if (options.max_error) {
    unit = step_for_bound(rung.model.state_bits, *options.max_error) / (1 << kFractionBits);
  } else {
    ACTZ_TRY(const auto energy, energy_per_value(elements, dtype, view));
    unit = find_unit(rung.model, *encoder, sample, energy, target_of(options), unit * first_guess(profile, options), strand_rows / 2);
  }
  ModelChoice out = as_choice(rung.model, std::move(encoder), unit);
  out.model_bytes = rung.model_bytes;
  out.embed = options.embed_model;
  return out;
}

Result<ModelChoice> choose_by_fitting(BufferedElements& elements, DType dtype, const TensorViewPlan& view,
                                      const EncodeOptions& options) {
  const std::size_t longest_lag = options.lags ? (options.lags->empty() ? 0 : options.lags->back()) : 2;
  const CutPlan cut = plan_cut(view, std::max<std::size_t>(longest_lag, 1), options.chunk_rows, kLossyChunkValues);
  ACTZ_TRY(auto sample, sample_tensor(elements, dtype, view, cut.strand_rows, kFitValues));
  const double values = static_cast<double>(view.sequences * view.rows) * view.channels;
  std::optional<RungFit> best;
  double best_bits = 0;
  for (const Candidate& candidate : candidates_for(options, view)) {
    RungOptions rung = rung_options(candidate, options, view.channels);
    const double share = static_cast<double>(sample.rows.values.size()) / values;
    rung.tables.classes.class_cost_bits *= share;
    rung.tables.context.table_cost_bits *= share;
    RungFit fit = fit_rung(sample.rows, sample.mean, rung);
    const double bits = total_bits(fit, values, options, sample, dtype);
    if (!best || bits < best_bits) {
      best = std::move(fit);
      best_bits = bits;
    }
  }
  auto encoder = make_row_encoder(best->model, options);
  double unit = double{best->model.unit};
  if (!options.max_error) unit = find_unit(best->model, *encoder, sample, std::nullopt, target_of(options), unit, 0);
  ModelChoice out = as_choice(std::move(best->model), std::move(encoder), unit);
  out.model_bytes = write_model(out.model);
  return out;
}

}  // namespace actz
