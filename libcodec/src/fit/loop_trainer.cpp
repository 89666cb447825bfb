#include "fit/loop_trainer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "fit/metric_basis.hpp"
#include "predict/match_memory.hpp"
#include "rows/enc_lossy_rows.hpp"

namespace actz {
namespace {

constexpr std::uint64_t kGroupValues = 1u << 20;  ///< coded together: half a chunk, which is sooner
constexpr unsigned kTableTurns = 6;
constexpr unsigned kPlainTableTurns = 2;
constexpr double kBoldLambda = 1.25;
constexpr double kRidge = 1e-3;        ///< of the mean energy of the inputs of each kind
constexpr double kLeastChange = 0.02;  ///< of ln NMSE, between two trials: less gives no slope
/// Bits per value that one of ln NMSE takes at high rate; at lower rates less.
constexpr double kHighRateSlope = -0.5 / std::numbers::ln2;
constexpr double kGainOne = 1 << MatchModel::kGainBits;
constexpr unsigned kJudgeTrials = 7;
constexpr double kFarMissed = 0.06;  ///< of the wanted NMSE, as a logarithm

}  // namespace

LoopTrainer::LoopTrainer(TrainingRows& rows, CodecModel model, const RungOptions& options,
                         const TrainingStoredRows* dictionary)
    : rows_(rows),
      dictionary_(dictionary),
      dictionary_rows_(dictionary != nullptr ? dictionary->rows->row_count() : 0),
      options_(options),
      model_(std::move(model)),
      matches_(rows.row_count()),
      source_(rows.row_count(), kNoRow),
      position_(dictionary_rows_ + rows.row_count()),
      decoded_(dictionary_rows_ * rows.channels + rows.values.size()),
      groups_(chunk_groups(rows.train, rows.channels, kGroupValues)),
      levels_(rows.row_count() * model_.synthesis.coefficients) {
  rows_.rescale(double{model_.unit});
  if (dictionary != nullptr) {
    const std::vector<std::uint32_t>& position = dictionary->rows->position;
    std::copy(position.begin(), position.end(), position_.begin());
  }
  for (const Strand& strand : rows_.train) {
    for (std::size_t t = 0; t < strand.row_count; ++t) position_[dictionary_rows_ + strand.first_row + t] = t;
  }
}

CodecModel LoopTrainer::finished() const {
  CodecModel out = model_;
  out.unit = static_cast<float>(rows_.unit);
  return out;
}

void LoopTrainer::converge_tables() {
  for (unsigned turn = 0; turn < kTableTurns; ++turn) {
    options_.decisions.lambda_factor = turn + kPlainTableTurns < kTableTurns ? kBoldLambda : 1.0;
    const auto part = std::span(groups_).subspan(turn % groups_.size(), 1);
    code(part, Matching::given);
    learn_tables(part);
  }
  options_.decisions.lambda_factor = 1;
}

void LoopTrainer::learn_tables(std::span<const StrandGroup> groups) {
  std::vector<Strand> strands;
  for (const StrandGroup& group : groups) strands.insert(strands.end(), group.begin(), group.end());
  fit_entropy(model_, {levels_, classes_of(matches_)}, strands, options_.tables);
}

void LoopTrainer::code(std::span<const StrandGroup> groups, Matching matching) {
  const LossyRowEncoder encoder(model_, Rates::of_model, decisions_for(options_.state_bits, options_.decisions));
  const RowBlock<std::int16_t> side = side_inputs(encoder, rows_, double{model_.reference.scale});
  squared_error_ = energy_ = coded_values_ = 0;
  const std::optional<StoredSearch> search = searchable(encoder, model_, dictionary_, rows_.unit);
  if (search) load_dictionary(search->rows);
  for (const StrandGroup& group : groups) {
    const std::vector<AddressRange> own = search ? dictionary_->own_rows(group) : std::vector<AddressRange>{};
    encoder.encode([this](std::size_t row, float* room) { return rows_.row_within_reach(row, room); }, group, levels_,
                   [&](std::size_t row, const std::int32_t* decoded) { take_row(row, decoded); },
                   {&side, search ? &*search : nullptr, own}, {matches_}, matching);
    name_sources(group);
  }
}

void LoopTrainer::load_dictionary(const FixedStoredRows& rows) {
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (std::size_t c = 0; c < rows_.channels; ++c)
      decoded_[row * rows_.channels + c] = static_cast<float>(rows.row(row)[c]);
  }
}

void LoopTrainer::take_row(std::size_t row, const std::int32_t* decoded) {
  const std::size_t d = rows_.channels;
  coded_values_ += static_cast<double>(d);
  for (std::size_t c = 0; c < d; ++c) {
    const float original = rows_.values[row * d + c];
    const double error = double{original} - decoded[c];
    squared_error_ += std::fabs(error) <= kPatchedErrorUnits ? error * error : 0.0;
    energy_ += double{original} * double{original};
    decoded_[(dictionary_rows_ + row) * d + c] = static_cast<float>(decoded[c]);
  }
}

void LoopTrainer::name_sources(StrandGroup group) {
  const StepPlan plan(group, true);
  const auto positions = std::span<const std::uint32_t>();
  MatchAddresses addresses(rows_.row_count(), dictionary_ != nullptr ? dictionary_->rows->position : positions);
  StepRows step;
  for (std::size_t index = 0; index < plan.step_count(); ++index) {
    plan.rows_of(index, step);
    for (std::size_t i = 0; i < step.row.size(); ++i) {
      const RowMatch& match = matches_[step.row[i]];
      source_[step.row[i]] = match.match_class == 0               ? kNoRow
                             : addresses.is_stored(match.address) ? match.address
                                                                  : dictionary_rows_ + addresses.row_of(match.address);
    }
    addresses.add(step.row, step.position);
  }
}

float LoopTrainer::gain(std::size_t row, std::size_t channel) const {
  const std::uint8_t of_class = matches_[row].match_class;
  return of_class == 0 ? 0.0F
                       : static_cast<float>(model_.match.gain[(of_class - 1u) * rows_.channels + channel] / kGainOne);
}

void LoopTrainer::load_left(std::size_t row, float* to) const {
  const std::size_t d = rows_.channels;
  for (std::size_t c = 0; c < d; ++c) {
    const float matched = source_[row] == kNoRow ? 0.0F : decoded_[source_[row] * d + c];
    to[c] = rows_.values[row * d + c] - gain(row, c) * matched;
  }
}

const float* LoopTrainer::decoded_before(std::size_t row, std::size_t back) const {
  if (position_[dictionary_rows_ + row] < back) return nullptr;
  return &decoded_[(dictionary_rows_ + row - back) * rows_.channels];
}

const float* LoopTrainer::matched_before(std::size_t row, std::size_t back) const {
  if (source_[row] == kNoRow || position_[source_[row]] < back) return nullptr;
  return &decoded_[(source_[row] - back) * rows_.channels];
}

void LoopTrainer::load_lag(std::size_t row, std::size_t lag, float* to) const {
  const std::size_t d = rows_.channels;
  const float* const own = decoded_before(row, lag);
  const float* const matched = matched_before(row, lag);
  if (own == nullptr || (source_[row] != kNoRow && matched == nullptr)) {
    std::fill_n(to, d, 0.0F);
    return;
  }
  for (std::size_t c = 0; c < d; ++c) to[c] = own[c] - (matched != nullptr ? gain(row, c) * matched[c] : 0.0F);
}

double LoopTrainer::distortion() const { return squared_error_ / std::max(coded_values_, 1.0); }

std::vector<float> LoopTrainer::class_weights() const {
  std::vector<double> energy(model_.match.classes + 1), count(model_.match.classes + 1);
  std::vector<float> left(rows_.channels);
  for_each_row([&](std::size_t row) {
    load_left(row, left.data());
    const std::size_t of_class = matches_[row].match_class;
    for (const float value : left) energy[of_class] += double{value} * double{value};
    count[of_class] += 1;
  });
  const double noise = noise_per_step_squared(options_.state_bits) * (1 << kFractionBits) * (1 << kFractionBits);
  std::vector<float> out;
  for (std::size_t i = 0; i < count.size(); ++i) {
    const double mean = energy[i] / std::max(count[i] * rows_.channels, 1.0);
    out.push_back(static_cast<float>(std::sqrt(noise / (mean + noise))));
  }
  return out;
}

LoopTrainer::LinearSolution LoopTrainer::solve_linear(std::size_t features, const RowFeatures& load_features) const {
  const std::size_t d = rows_.channels;
  const std::vector<std::uint16_t>& lags = model_.predictor.lags;
  const std::vector<float> weight = class_weights();
  const RowLoader rows_z = [&](const Strand& strand, std::vector<float>& to) {
    to.resize(strand.row_count * d);
    for (std::size_t t = 0; t < strand.row_count; ++t) {
      load_left(strand.first_row + t, &to[t * d]);
      const float scale = weight[matches_[strand.first_row + t].match_class];
      for (std::size_t c = 0; c < d; ++c) to[t * d + c] *= scale;
    }
  };
  const std::size_t inputs = d * lags.size() + features;
  const RowLoader rows_s = [&](const Strand& strand, std::vector<float>& to) {
    to.resize(strand.row_count * inputs);
    for (std::size_t t = 0; t < strand.row_count; ++t) {
      const std::size_t row = strand.first_row + t;
      for (std::size_t l = 0; l < lags.size(); ++l) load_lag(row, lags[l], &to[t * inputs + l * d]);
      if (features > 0) load_features(row, &to[t * inputs + lags.size() * d]);
      for (std::size_t i = 0; i < inputs; ++i) to[t * inputs + i] *= weight[matches_[row].match_class];
    }
  };
  LagMoments moments = lag_moments(rows_.train, rows_.channels, {}, rows_z, rows_z);
  add_reference_moments(moments, rows_.train, rows_.channels, {}, static_cast<std::uint32_t>(inputs), rows_z, rows_z,
                        rows_s);
  LagMoments ridged = moments;
  const auto of_lags = static_cast<Eigen::Index>(d * lags.size());
  for (auto part : {ridged.hh.diagonal().head(of_lags), ridged.hh.diagonal().tail(ridged.hh.rows() - of_lags)}) {
    if (part.size() > 0) part.array() += kRidge * part.mean();
  }
  LinearSolution out{Eigen::MatrixXd(moments.zz.rows(), moments.hh.rows()), {}};
  if (model_.match.classes == 0 || features == 0) {
    out.predictor = fit_predictor(ridged, 0);
    out.covariance = residual_covariance(moments, out.predictor);
    return out;
  }
  // One after the other: matches are compared with the first part alone (ClosedLoop::predict_roughly).
  LagMoments first = ridged, second = ridged;
  first.hh = ridged.hh.topLeftCorner(of_lags, of_lags);
  first.zh = ridged.zh.leftCols(of_lags);
  out.predictor.leftCols(of_lags) = fit_predictor(first, 0);
  const Eigen::Index of_features = moments.hh.rows() - of_lags;
  second.hh = ridged.hh.bottomRightCorner(of_features, of_features);
  second.zh = ridged.zh.rightCols(of_features) -
              out.predictor.leftCols(of_lags) * ridged.hh.topRightCorner(of_lags, of_features);
  out.predictor.rightCols(of_features) = fit_predictor(second, 0);
  out.covariance = residual_covariance(moments, out.predictor);
  return out;
}

void LoopTrainer::learn_linear(std::size_t features, const RowFeatures& load_features) {
  const LinearSolution found = solve_linear(features, load_features);
  MatrixPrecision precision = options_.precision;
  if (options_.transform && !repeats()) set_basis(found.covariance, precision);
  const std::vector<std::uint16_t> lags = model_.predictor.lags;
  const auto of_lags = static_cast<Eigen::Index>(lags.size() * rows_.channels);
  Network network = std::move(model_.predictor.network);
  model_.predictor =
      quantise_predictor(found.predictor.leftCols(of_lags), lags, model_.predictor.input_shift, precision);
  if (features == 0) return;
  quantise_network_output(found.predictor.rightCols(static_cast<Eigen::Index>(features)), precision, network);
  model_.predictor.kind = PredictorKind::network;
  model_.predictor.network = std::move(network);
}

void LoopTrainer::set_basis(const Eigen::MatrixXd& covariance, MatrixPrecision& precision) {
  const TaskMetric* const metric = options_.decisions.metric;
  const Basis basis = metric != nullptr ? fit_metric_basis(covariance, *metric, -1.0) : fit_basis(covariance, -1.0);
  const Eigen::MatrixXd columns = basis.vectors.leftCols(static_cast<Eigen::Index>(model_.synthesis.coefficients));
  precision.synthesis_shift = fitting_shift(columns, precision.synthesis_shift);
  model_.synthesis = dense_synthesis(columns, precision);
}

void LoopTrainer::adjust_step() {
  if (options_.step) return;
  const double nmse = squared_error_ / std::max(energy_, 1e-300);
  const double factor = std::clamp(std::sqrt(options_.nmse / std::max(nmse, 1e-30)), 0.5, 2.0);
  const double old_unit = rows_.unit;
  const double unit = static_cast<double>(static_cast<float>(old_unit * factor));
  for (std::int32_t& centre : model_.centre)
    centre = static_cast<std::int32_t>(std::lrint(std::clamp(centre * old_unit / unit, -1e9, 1e9)));
  rows_.rescale(unit);
  model_.reference.scale *= static_cast<float>(old_unit / rows_.unit);
}

double judged_bits(const CodecModel& model, TrainingRows& rows, const std::vector<Strand>& judges,
                   const RungOptions& options, const TrainingStoredRows* dictionary) {
  MatchedRows matched;  // chosen in the first trial, taken over by the second
  double unit = double{model.unit};
  double missed = 0;  // ln of the NMSE over the wanted one
  const auto try_unit = [&] {
    const Measured got =
        try_model(model, rows, judges, {unit, options.decisions, std::nullopt, true, 0, 1, dictionary, &matched})
            .measured;
    missed = std::log(std::max(got.nmse, 1e-30) / options.nmse);
    const double change = std::clamp(-missed, -1.0, 1.0);
    unit *= std::exp(0.5 * std::copysign(std::max(std::fabs(change), kLeastChange), change));
    return got.bits_per_value;
  };
  const double first_bits = try_unit();
  const double first_missed = missed;
  double bits = try_unit();
  if (options.step || missed < kFarMissed) {
    const double slope = (bits - first_bits) / (missed - first_missed);
    // Matches that were made for another unit blur the slope.
    return first_bits - first_missed * std::clamp(slope, kHighRateSlope, 0.0);
  }
  // A basis that lacks directions of what matches leave may not come near at any unit.
  for (unsigned trial = 2; trial < kJudgeTrials && missed > kFarMissed; ++trial) {
    matched = {};
    bits = try_unit();
  }
  return missed > kFarMissed ? std::numeric_limits<double>::infinity() : bits - missed * kHighRateSlope;
}

}  // namespace actz
