#include <algorithm>
#include <cmath>
#include <limits>

#include "base/try.hpp"
#include "pipeline/lossy_target.hpp"
#include "pipeline/measured_unit.hpp"
#include "pipeline/model_choice.hpp"
#include "profile/metric_section.hpp"

namespace actz {
namespace {

constexpr double kLeastCentreGain = 0.1;  ///< of a tensor's energy, for its mean to be followed

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

FirstGuess first_guess(const Profile::Content& profile, const EncodeOptions& options) {
  const std::size_t rung = nearest_rung(profile, options);
  const double unit = double{profile.rungs[rung].model.unit};
  const double measured = profile.info[rung].held_out_nmse;
  if (options.bits_per_value || options.lossless || !(measured > 0)) return {unit, measured};
  return {unit * std::clamp(std::sqrt(wanted_nmse(options) / measured), 0.25, 4.0), wanted_nmse(options)};
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
    const MeasuredTensor tensor{elements, dtype, view, reference, energy, centre_gain, sources.size()};
    ACTZ_TRY(unit, unit_and_encoder(rung.model, decisions, encoder, [&](const auto& with, const DecisionOptions& how) {
               return measure_unit(tensor, rung.model, with, stored.get(), target_of(options, how), guess, options);
             }));
  }
  ModelChoice out = as_choice(rung.model, std::move(encoder), unit, centre_gain);
  out.reference = reference;
  out.dictionary = dictionary;
  out.model_bytes = rung.model_bytes;
  out.embed = options.embed_model;
  out.refined = options.lossless;
  return out;
}

}  // namespace actz
