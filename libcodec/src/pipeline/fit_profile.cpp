#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>
#include <utility>

#include "actz/profile.hpp"
#include "base/bytes.hpp"
#include "base/checksum.hpp"
#include "base/try.hpp"
#include "fit/checked_fit.hpp"
#include "fit/crowd_fit.hpp"
#include "fit/match_fit.hpp"
#include "fit/network_fit.hpp"
#include "fit/row_centre.hpp"
#include "fit/rung_fit.hpp"
#include "generated/format_limits.hpp"
#include "pipeline/fit_dictionary.hpp"
#include "pipeline/tensor_plan.hpp"
#include "profile/metric_section.hpp"
#include "profile/profile_content.hpp"
#include "tensor/float_convert.hpp"

namespace actz {
namespace {

constexpr std::size_t kHeldOutEvery = 16;  ///< one strand in so many is kept apart to measure on
constexpr std::uint64_t kLongestStrandRows = 512;
constexpr std::uint64_t kWideChannels = 1024;    ///< beyond, full matrices cost more than they give
constexpr MatrixPrecision kWidePrecision{3, 7};  ///< profiles of wide rows are large: coarser matrices
/// Of the rows of a dictionary: the finest with which all fit the budget, or else the first
constexpr double kDictionaryNmse[] = {0.005, 0.0025, 0.00125};
constexpr unsigned kWideTurns = 3;
constexpr unsigned kWideTableTurns = 4;

Error bad_argument(std::string message) { return {ErrorCode::bad_argument, Error::kNoOffset, std::move(message)}; }

/// A dump as encoders will see tensors of its shape; a single axis is a row, as one that goes with the profile is.
Result<TensorViewPlan> view_of(const FitInput& dump) {
  if (!is_float(dump.dtype)) return bad_argument("a profile is learned from floating-point dumps");
  if (dump.shape.empty()) return bad_argument("a 0-d tensor has no rows to learn from");
  ACTZ_TRY(const auto count, element_count(dump.shape, dump.dtype));
  const std::uint64_t last = dump.shape.back();
  if (last > kMaxChannels) return bad_argument("the last axis has more than 65536 channels");
  const auto channels = static_cast<std::uint32_t>(last);
  return count == 0 ? TensorViewPlan{0, 0, channels} : plan_view(dump.shape, channels);
}

/// Reads every dump once: a running digest over all of it, and an even sample of strands for the closed loop.
class SampleReader {
 public:
  explicit SampleReader(const FitOptions& options) : options_(options) {}

  Status read_all(std::span<const FitInput> dumps, const FitReference& reference) {
    ACTZ_CHECK(check_reference(dumps, reference));
    std::uint64_t all_rows = 0;
    for (const FitInput& dump : dumps) {
      ACTZ_TRY(const auto view, view_of(dump));
      if (rows_.channels == 0) rows_.channels = view.channels;
      if (view.channels != rows_.channels) return bad_argument("the dumps have different numbers of channels");
      all_rows += view.sequences * view.rows;
    }
    const std::uint64_t budget_rows =
        std::max<std::uint64_t>(options_.sample_bytes / 4 / std::max(rows_.channels, 1u), 1);
    keep_every_ = std::max<std::uint64_t>((all_rows + budget_rows - 1) / budget_rows, 1);
    rows_.values.reserve(static_cast<std::size_t>(std::min(all_rows, budget_rows) * rows_.channels));
    for (std::size_t i = 0; i < dumps.size(); ++i) {
      ACTZ_CHECK(read(dumps[i], reference.dumps.empty() ? nullptr : &reference.dumps[i], all_rows));
    }
    if (rows_.train.empty()) return bad_argument("the dumps hold no finite rows to learn from");
    return {};
  }

  TrainingRows& rows() { return rows_; }
  std::uint64_t rows_seen() const { return rows_seen_; }
  std::uint64_t digest() const { return xxh64(std::as_bytes(std::span(digests_))); }

 private:
  Status check_reference(std::span<const FitInput> dumps, const FitReference& reference) {
    if (reference.dumps.empty()) return {};
    if (reference.dumps.size() != dumps.size())
      return bad_argument("the reference wants a dump for each dump to learn from");
    for (std::size_t i = 0; i < dumps.size(); ++i) {
      ACTZ_TRY(const auto own, view_of(dumps[i]));
      ACTZ_TRY(const auto other, view_of(reference.dumps[i]));
      const bool same_channels = i == 0 || other.channels == rows_.reference_channels;
      if (own.sequences != other.sequences || own.rows != other.rows || !same_channels) {
        return bad_argument("the dumps of the reference have other rows than the dumps to learn from");
      }
      if (own.channels > kWideChannels || other.channels > kWideChannels) {
        return bad_argument("references are for tensors of at most 1024 channels");
      }
      rows_.reference_channels = other.channels;
    }
    return {};
  }

  Status read(const FitInput& dump, const FitInput* reference, std::uint64_t all_rows) {
    ACTZ_TRY(const auto view, view_of(dump));
    const std::size_t row_bytes = static_cast<std::size_t>(view.channels) * element_bytes(dump.dtype);
    std::vector<std::byte> bytes;
    for (std::uint64_t sequence = 0; sequence < view.sequences; ++sequence) {
      for (std::uint64_t first = 0; first < view.rows; first += kLongestStrandRows) {
        const std::uint64_t count = std::min(kLongestStrandRows, view.rows - first);
        bytes.resize(static_cast<std::size_t>(count) * row_bytes);
        ACTZ_CHECK(dump.elements->read((sequence * view.rows + first) * view.channels, bytes));
        std::uint64_t digest = xxh64(bytes);
        store_le(&digest, digest);
        digests_.push_back(digest);
        rows_seen_ += count;
        const bool kept =
            strands_seen_++ % keep_every_ == 0 && keep(dump.dtype, bytes, static_cast<std::size_t>(count));
        if (reference != nullptr) ACTZ_CHECK(read_reference(*reference, sequence * view.rows + first, count, kept));
        if (options_.progress != nullptr) {
          options_.progress(options_.progress_context, rows_seen_ * rows_.channels / 2, all_rows * rows_.channels);
        }
      }
    }
    return {};
  }

  /// Strands with anything that is not finite are left out.
  bool keep(DType dtype, std::span<const std::byte> bytes, std::size_t count) {
    const std::size_t at = rows_.values.size();
    rows_.values.resize(at + count * rows_.channels);
    const auto values = std::span(rows_.values).subspan(at);
    floats_to_f32(dtype, bytes, values);
    if (!std::all_of(values.begin(), values.end(), [](float value) { return std::fabs(value) < 1e30F; })) {
      rows_.values.resize(at);
      return false;
    }
    const Strand strand{at / rows_.channels, count};
    const bool held_out = strands_kept_++ % kHeldOutEvery == kHeldOutEvery - 1;
    (held_out ? rows_.held_out : rows_.train).push_back(strand);
    return true;
  }

  /// The same rows of the reference; what is not finite there counts as 0.
  Status read_reference(const FitInput& dump, std::uint64_t first_row, std::uint64_t count, bool kept) {
    const std::size_t channels = rows_.reference_channels;
    std::vector<std::byte> bytes(static_cast<std::size_t>(count) * channels * element_bytes(dump.dtype));
    ACTZ_CHECK(dump.elements->read(first_row * channels, bytes));
    if (!kept) return {};
    const std::size_t at = rows_.reference.size();
    rows_.reference.resize(at + static_cast<std::size_t>(count) * channels);
    const auto values = std::span(rows_.reference).subspan(at);
    floats_to_f32(dump.dtype, bytes, values);
    for (float& value : values) value = std::fabs(value) < 1e30F ? value : 0.0F;
    return {};
  }

  const FitOptions& options_;
  TrainingRows rows_;
  std::uint64_t keep_every_ = 1;
  std::uint64_t rows_seen_ = 0;
  std::uint64_t strands_seen_ = 0;
  std::uint64_t strands_kept_ = 0;
  std::vector<std::uint64_t> digests_;
};

/// The metric of the options; of many channels, which are coded as they are, its diagonal.
Result<TaskMetric> metric_of(const FitOptions& options, std::uint32_t channels) {
  if (options.metric.empty()) return TaskMetric{};
  return make_task_metric(options.metric, channels, !options.transform || channels > kWideChannels);
}

RungOptions rung_options(double nmse, const FitOptions& options, std::uint32_t channels, const TaskMetric& metric) {
  RungOptions out;
  if (!metric.empty()) out.decisions.metric = &metric;
  out.nmse = nmse;
  out.reference_noise = nmse;
  out.lags = options.lags;
  out.transform = options.transform;
  out.choose_states = options.quantizer_states == 0;
  if (options.quantizer_states > 0) out.state_bits = static_cast<unsigned>(std::countr_zero(options.quantizer_states));
  if (!options.context) out.state_bits = 0;
  out.tables.classes.density = out.tables.context.density = options.density;
  out.entropy = options.context ? EntropyKind::context : EntropyKind::static_classes;
  if (channels > kWideChannels) {
    out.wide = true;
    out.precision = kWidePrecision;
    out.turns = kWideTurns;
    out.table_turns = kWideTableTurns;
    if (!metric.empty()) out.transform = false;  // the metric is a diagonal there
  }
  return out;
}

Status check_options(const FitOptions& options) {
  if (options.target_nmse.empty()) return bad_argument("no target to fit");
  for (const double target : options.target_nmse) {
    if (!(target > 0 && target < 1)) return bad_argument("a target NMSE lies between 0 and 1");
  }
  constexpr unsigned kAllowedStates[] = {0, 1, 4, 8};
  if (std::find(std::begin(kAllowedStates), std::end(kAllowedStates), options.quantizer_states) ==
      std::end(kAllowedStates)) {
    return bad_argument("the dependent quantiser has 4 or 8 states, the uniform one 1");
  }
  if (options.quantizer_states > 1 && !options.context)
    return bad_argument("the dependent quantiser needs a context model");
  if (options.network_width > kMaxNetworkOutputs) return bad_argument("a network is at most 4096 wide");
  if (options.lags.size() > kMaxLags) return bad_argument("at most 16 lags");
  for (std::size_t i = 0; i < options.lags.size(); ++i) {
    const bool ascends = options.lags[i] > (i == 0 ? 0 : options.lags[i - 1]);
    if (!ascends || options.lags[i] > kMaxLag) return bad_argument("lags ascend from 1 to at most 4096");
  }
  return {};
}

/// Rows of a dictionary are predicted from nothing outside it.
RungFit fit_dictionary_rung(TrainingRows& rows, const std::vector<double>& centre, const RungOptions& options) {
  const std::uint32_t reference_channels = std::exchange(rows.reference_channels, 0);
  RungFit out = fit_matches(rows, centre, fit_checked_rung(rows, centre, options), options);
  rows.reference_channels = reference_channels;
  return out;
}

Result<std::optional<FittedDictionary>> finest_dictionary(TrainingRows& rows, const std::vector<double>& centre,
                                                          const FitOptions& options) {
  std::optional<FittedDictionary> best;
  for (const double nmse : kDictionaryNmse) {
    const RungFit rung = fit_dictionary_rung(rows, centre, rung_options(nmse, options, rows.channels, TaskMetric{}));
    ACTZ_TRY(auto dictionary, fit_dictionary(rows, centre, rung, options.dictionary_bytes));
    if (best && (!dictionary || !dictionary->holds_all_rows)) break;
    best = std::move(dictionary);
    if (!best || !best->holds_all_rows) break;
  }
  return best;
}

void add_rung(double target, RungFit fit, const FittedDictionary* dictionary, Profile::Content& content) {
  Rung rung{std::move(fit.model), {}, {}, fit.repeat_slope};
  rung.model_bytes = write_model(rung.model);
  rung.digest = sha256(rung.model_bytes);
  RungInfo info;
  info.target_nmse = target;
  info.held_out_nmse = fit.held_out.nmse;
  info.held_out_bits_per_value = fit.held_out.bits_per_value;
  info.coefficients = rung.model.synthesis.coefficients;
  info.model_bytes = rung.model_bytes.size();
  info.matches_rows = rung.model.match.classes > 0;
  info.uses_dictionary = rung.model.match.dictionary.has_value();
  info.uses_network = rung.model.predictor.kind == PredictorKind::network;
  info.digest = to_hex(rung.digest);
  if (info.uses_dictionary) {
    const double bits = 8.0 * static_cast<double>(dictionary->bytes.size());
    info.dictionary_pays_from_values = static_cast<std::uint64_t>(std::ceil(bits / fit.bits_saved));
    if (content.dictionaries.empty()) {
      content.dictionaries.push_back({dictionary->bytes, dictionary->training.digest});
      content.training.dictionary_rows = dictionary->rows->row_count();
      content.training.dictionary_bytes = dictionary->bytes.size();
    }
  }
  content.info.push_back(std::move(info));
  content.rungs.push_back(std::move(rung));
}

}  // namespace

Result<Profile> fit_profile(std::span<const FitInput> dumps, const FitOptions& options, const FitReference& reference) {
  ACTZ_CHECK(check_options(options));
  SampleReader reader(options);
  ACTZ_CHECK(reader.read_all(dumps, reference));
  TrainingRows& rows = reader.rows();
  ACTZ_TRY(const auto metric, metric_of(options, rows.channels));
  auto content = std::make_shared<Profile::Content>();
  content->training.rows = reader.rows_seen();
  content->training.rows_held = rows.row_count();
  content->training.channels = rows.channels;
  content->training.data_digest = to_hex(reader.digest());
  content->training.lags = options.lags;
  content->training.reference = reference.name;
  const std::vector<double> centre = centre_rows(rows);
  if (!metric.empty()) content->metric = write_metric(metric, rows.channels);
  hold_out(rows);
  std::vector<double> targets = options.target_nmse;
  std::sort(targets.begin(), targets.end());
  const bool matches = options.match_rows && options.transform && metric.empty();
  std::optional<FittedDictionary> dictionary;
  if (options.dictionary_bytes > 0) {
    if (!matches) return bad_argument("a dictionary needs matched rows, which a metric or no transform rules out");
    ACTZ_TRY(dictionary, finest_dictionary(rows, centre, options));
  }
  // What predicts rows is wanted, or the metric is not that of channels alone.
  const bool crowds =
      options.transform && metric.empty() && rows.reference_channels == 0 && !dictionary && options.network_width == 0;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    RungOptions rung_wanted = rung_options(targets[i], options, rows.channels, metric);
    RungFit fit = fit_checked_rung(rows, centre, rung_wanted);
    if (matches)
      fit = fit_matches(rows, centre, std::move(fit), rung_wanted, dictionary ? &dictionary->training : nullptr);
    if (crowds) fit = choose_for_crowds(std::move(fit), rows, centre, rung_wanted, matches);
    rung_wanted.decisions.repeat_slope = fit.repeat_slope;
    if (options.network_width > 0) {
      fit = fit_network(rows, std::move(fit), rung_wanted, options.network_width,
                        dictionary ? &dictionary->training : nullptr);
    }
    add_rung(targets[i], std::move(fit), dictionary ? &*dictionary : nullptr, *content);
    if (options.progress != nullptr)
      options.progress(options.progress_context, targets.size() + i + 1, 2 * targets.size());
  }
  return Profile(std::shared_ptr<const Profile::Content>(std::move(content)));
}

}  // namespace actz
