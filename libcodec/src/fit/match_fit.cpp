#include "fit/match_fit.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <queue>

#include "fit/metric_basis.hpp"
#include "linear/int_linear.hpp"
#include "predict/match_memory.hpp"

namespace actz {
namespace {

constexpr unsigned kRounds = 2;
constexpr std::uint64_t kGroupValues = 1u << 20;  ///< coded together: half a chunk, which is sooner

constexpr unsigned kTableTurns = 6;
constexpr unsigned kPlainTableTurns = 2;
constexpr double kBoldLambda = 1.25;
/// Gains to begin with; coding sorts the rows by how good their match is.
constexpr std::uint8_t kFirstGains[] = {128, 118, 96, 60};
constexpr double kLargestGain = 1.1;
constexpr double kRidge = 1e-3;                ///< of the mean energy of the inputs
constexpr double kFewestRows = 64;             ///< of a class, to learn its gains
constexpr double kLeastChange = 0.02;          ///< of ln NMSE, between two trials: less gives no slope
constexpr double kLeastGain = 0.002;           ///< of the rate, for matches to stay
constexpr double kLeastDictionaryGain = 0.02;  ///< for a dictionary, which takes room
/// Bits per value that one of ln NMSE takes at high rate; at lower rates less.
constexpr double kHighRateSlope = -0.5 / std::numbers::ln2;
constexpr double kGainOne = 1 << MatchModel::kGainBits;

/// Lengths of a Huffman code.
std::vector<std::uint8_t> code_lengths(const std::vector<double>& count) {
  struct Node {
    double weight;
    std::vector<std::size_t> leaves;
    bool operator<(const Node& other) const { return weight > other.weight; }
  };
  std::priority_queue<Node> nodes;
  for (std::size_t i = 0; i < count.size(); ++i) nodes.push({count[i] + 0.5, {i}});
  std::vector<std::uint8_t> out(count.size());
  while (nodes.size() > 1) {
    Node first = nodes.top();
    nodes.pop();
    Node second = nodes.top();
    nodes.pop();
    first.leaves.insert(first.leaves.end(), second.leaves.begin(), second.leaves.end());
    first.weight += second.weight;
    for (const std::size_t leaf : first.leaves) ++out[leaf];
    nodes.push(std::move(first));
  }
  return out;
}

using Group = std::span<const Strand>;

class MatchTrainer {
 public:
  MatchTrainer(TrainingRows& rows, const RungFit& rung, const RungOptions& options,
               const TrainingStoredRows* dictionary)
      : rows_(rows),
        dictionary_(dictionary),
        dictionary_rows_(dictionary != nullptr ? dictionary->rows->row_count() : 0),
        options_(options),
        model_(rung.model),
        learns_linear_(!options.wide && rows.reference_channels == 0 && !options.lags.empty()),
        matches_(rows.row_count()),
        source_(rows.row_count(), kNoRow),
        position_(dictionary_rows_ + rows.row_count()),
        groups_(chunk_groups(rows.train, rows.channels, kGroupValues)),
        decoded_(dictionary_rows_ * rows.channels + rows.values.size()),
        levels_(rows.row_count() * rung.model.synthesis.coefficients) {
    rows_.rescale(double{model_.unit});
    const auto classes = static_cast<unsigned>(std::size(kFirstGains));
    model_.match.classes = classes;
    if (dictionary != nullptr) {
      model_.match.dictionary = dictionary->digest;
      const std::vector<std::uint32_t>& position = dictionary->rows->position;
      std::copy(position.begin(), position.end(), position_.begin());
    }
    for_each_row([&](std::size_t row, std::size_t t) { position_[dictionary_rows_ + row] = t; });
    model_.match.code_bits = code_lengths(std::vector<double>(classes + 1, 1.0));
    model_.match.start_activity.assign(classes + 1, kActivityStart);
    for (const std::uint8_t gain : kFirstGains) model_.match.gain.insert(model_.match.gain.end(), rows.channels, gain);
  }

  CodecModel run() {
    for (unsigned round = 0; round < kRounds; ++round) {
      code(groups_, Matching::chosen);
      learn_gains();
      learn_linear();
      learn_classes();
      learn_tables(groups_);
      adjust_step();
    }
    converge_tables();
    code(groups_, Matching::given);
    learn_tables(groups_);
    model_.unit = static_cast<float>(rows_.unit);
    return model_;
  }

 private:
  static constexpr std::size_t kNoRow = ~std::size_t{0};

  /// As fit_rung does it, with the matches as they are.
  void converge_tables() {
    for (unsigned turn = 0; turn < kTableTurns; ++turn) {
      options_.decisions.lambda_factor = turn + kPlainTableTurns < kTableTurns ? kBoldLambda : 1.0;
      const auto part = std::span(groups_).subspan(turn % groups_.size(), 1);
      code(part, Matching::given);
      learn_tables(part);
    }
    options_.decisions.lambda_factor = 1;
  }

  void learn_tables(std::span<const Group> groups) {
    std::vector<Strand> strands;
    for (const Group& group : groups) strands.insert(strands.end(), group.begin(), group.end());
    fit_entropy(model_, {levels_, classes_of(matches_)}, strands, options_.tables);
  }

  /// Codes groups of the training rows; finds the row that each was matched with.
  void code(std::span<const Group> groups, Matching matching) {
    const LossyRowEncoder encoder(model_, Rates::of_model, decisions_for(options_.state_bits, options_.decisions));
    const RowBlock<std::int16_t> side = side_inputs(encoder, rows_, double{model_.reference.scale});
    squared_error_ = energy_ = 0;
    const std::optional<StoredSearch> search = searchable(encoder, model_, dictionary_, rows_.unit);
    if (search) load_dictionary(search->rows);
    for (const Group& group : groups) {
      const std::vector<AddressRange> own = search ? dictionary_->own_rows(group) : std::vector<AddressRange>{};
      encoder.encode([this](std::size_t row, float*) { return rows_.row(row); }, group, levels_,
                     [&](std::size_t row, const std::int32_t* decoded) { take_row(row, decoded); },
                     {&side, search ? &*search : nullptr, own}, matches_, matching);
      name_sources(group);
    }
  }

  void load_dictionary(const FixedStoredRows& rows) {
    for (std::size_t row = 0; row < rows.size(); ++row) {
      for (std::size_t c = 0; c < rows_.channels; ++c)
        decoded_[row * rows_.channels + c] = static_cast<float>(rows.row(row)[c]);
    }
  }

  void take_row(std::size_t row, const std::int32_t* decoded) {
    const std::size_t d = rows_.channels;
    for (std::size_t c = 0; c < d; ++c) {
      const float original = rows_.values[row * d + c];
      const double error = double{original} - decoded[c];
      squared_error_ += std::fabs(error) <= kPatchedErrorUnits ? error * error : 0.0;
      energy_ += double{original} * double{original};
      decoded_[(dictionary_rows_ + row) * d + c] = static_cast<float>(decoded[c]);
    }
  }

  void name_sources(std::span<const Strand> group) {
    const StepPlan plan(group, true);
    const auto positions = std::span<const std::uint32_t>();
    MatchAddresses addresses(rows_.row_count(), dictionary_ != nullptr ? dictionary_->rows->position : positions);
    StepRows step;
    for (std::size_t index = 0; index < plan.step_count(); ++index) {
      plan.rows_of(index, step);
      for (std::size_t i = 0; i < step.row.size(); ++i) {
        const RowMatch& match = matches_[step.row[i]];
        source_[step.row[i]] = match.match_class == 0 ? kNoRow
                               : addresses.is_stored(match.address)
                                   ? match.address
                                   : dictionary_rows_ + addresses.row_of(match.address);
      }
      addresses.add(step.row, step.position);
    }
  }

  template <class Visit>
  void for_each_row(Visit visit) const {
    for (const Strand& strand : rows_.train) {
      for (std::size_t t = 0; t < strand.row_count; ++t) visit(strand.first_row + t, t);
    }
  }

  /// Least squares of each channel of each class.
  void learn_gains() {
    const std::size_t d = rows_.channels;
    const std::size_t classes = model_.match.classes;
    std::vector<double> cross(classes * d), square(classes * d), count(classes);
    for_each_row([&](std::size_t row, std::size_t) {
      if (source_[row] == kNoRow) return;
      const std::size_t at = (matches_[row].match_class - 1u) * d;
      count[at / d] += 1;
      for (std::size_t c = 0; c < d; ++c) {
        const double matched = double{decoded_[source_[row] * d + c]};
        cross[at + c] += matched * double{rows_.values[row * d + c]};
        square[at + c] += matched * matched;
      }
    });
    for (std::size_t i = 0; i < cross.size(); ++i) {
      if (count[i / d] < kFewestRows) continue;
      const double gain = std::clamp(cross[i] / std::max(square[i], 1e-9), 0.0, kLargestGain);
      model_.match.gain[i] = static_cast<std::uint8_t>(std::lrint(gain * kGainOne));
    }
  }

  void learn_classes() {
    std::vector<double> count(model_.match.classes + 1);
    for_each_row([&](std::size_t row, std::size_t) { count[matches_[row].match_class] += 1; });
    model_.match.code_bits = code_lengths(count);
  }

  float gain(std::size_t row, std::size_t channel) const {
    const std::uint8_t of_class = matches_[row].match_class;
    return of_class == 0 ? 0.0F
                         : static_cast<float>(model_.match.gain[(of_class - 1u) * rows_.channels + channel] / kGainOne);
  }

  /// What a row differs by from its match.
  void load_left(std::size_t row, float* to) const {
    const std::size_t d = rows_.channels;
    for (std::size_t c = 0; c < d; ++c) {
      const float matched = source_[row] == kNoRow ? 0.0F : decoded_[source_[row] * d + c];
      to[c] = rows_.values[row * d + c] - gain(row, c) * matched;
    }
  }

  /// The same of the decoded row so many before, against the row before the match.
  void load_lag(std::size_t row, std::size_t position, std::size_t lag, float* to) const {
    const std::size_t d = rows_.channels;
    std::fill_n(to, d, 0.0F);
    if (position < lag) return;
    const bool matched = source_[row] != kNoRow;
    if (matched && position_[source_[row]] < lag) return;
    for (std::size_t c = 0; c < d; ++c) {
      const float other = matched ? gain(row, c) * decoded_[(source_[row] - lag) * d + c] : 0.0F;
      to[c] = decoded_[(dictionary_rows_ + row - lag) * d + c] - other;
    }
  }

  /// For each class, one over the energy of what its rows leave: all count alike, as they do in bits.
  std::vector<float> class_weights() const {
    std::vector<double> energy(model_.match.classes + 1), count(model_.match.classes + 1);
    std::vector<float> left(rows_.channels);
    for_each_row([&](std::size_t row, std::size_t) {
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

  /// Predictor and basis of what the matches leave.
  void learn_linear() {
    if (!learns_linear_) return;
    const std::size_t d = rows_.channels;
    const std::vector<std::uint16_t>& lags = model_.predictor.lags;
    if (lags.empty()) return;
    const std::vector<float> weight = class_weights();
    const RowLoader rows_z = [&](const Strand& strand, std::vector<float>& to) {
      to.resize(strand.row_count * d);
      for (std::size_t t = 0; t < strand.row_count; ++t) {
        load_left(strand.first_row + t, &to[t * d]);
        const float scale = weight[matches_[strand.first_row + t].match_class];
        for (std::size_t c = 0; c < d; ++c) to[t * d + c] *= scale;
      }
    };
    const std::size_t inputs = d * lags.size();
    const RowLoader rows_s = [&](const Strand& strand, std::vector<float>& to) {
      to.resize(strand.row_count * inputs);
      for (std::size_t t = 0; t < strand.row_count; ++t) {
        const std::size_t row = strand.first_row + t;
        for (std::size_t l = 0; l < lags.size(); ++l) load_lag(row, t, lags[l], &to[t * inputs + l * d]);
        for (std::size_t i = 0; i < inputs; ++i) to[t * inputs + i] *= weight[matches_[row].match_class];
      }
    };
    LagMoments moments = lag_moments(rows_.train, rows_.channels, {}, rows_z, rows_z);
    add_reference_moments(moments, rows_.train, rows_.channels, {}, static_cast<std::uint32_t>(inputs), rows_z, rows_z,
                          rows_s);
    LagMoments ridged = moments;
    ridged.hh.diagonal().array() += kRidge * ridged.hh.diagonal().mean();
    const Eigen::MatrixXd predictor = fit_predictor(ridged, 0);
    MatrixPrecision precision = options_.precision;
    if (options_.transform) set_basis(residual_covariance(moments, predictor), precision);
    model_.predictor = quantise_predictor(predictor, lags, model_.predictor.input_shift, precision);
  }

  /// @param precision  receives the shift that the basis takes.
  void set_basis(const Eigen::MatrixXd& covariance, MatrixPrecision& precision) {
    const TaskMetric* const metric = options_.decisions.metric;
    const Basis basis = metric != nullptr ? fit_metric_basis(covariance, *metric, -1.0) : fit_basis(covariance, -1.0);
    const Eigen::MatrixXd columns = basis.vectors.leftCols(static_cast<Eigen::Index>(model_.synthesis.coefficients));
    precision.synthesis_shift = fitting_shift(columns, precision.synthesis_shift);
    model_.synthesis = dense_synthesis(columns, precision);
  }

  void adjust_step() {
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

  TrainingRows& rows_;
  const TrainingStoredRows* dictionary_;
  std::size_t dictionary_rows_;
  RungOptions options_;
  CodecModel model_;
  bool learns_linear_;
  std::vector<RowMatch> matches_;
  /// Row that each was matched with, in position_ and decoded_
  std::vector<std::size_t> source_;
  // of the rows of the dictionary, then of the training rows
  std::vector<std::size_t> position_;
  std::vector<Group> groups_;
  std::vector<float> decoded_;
  std::vector<std::int16_t> levels_;
  double squared_error_ = 0;
  double energy_ = 0;
};

/// Bits per value of a part of the training rows at the wanted error, from two units.
double judged_bits(const CodecModel& model, TrainingRows& rows, const std::vector<Strand>& judges,
                   const RungOptions& options, const TrainingStoredRows* dictionary) {
  std::vector<RowMatch> matches;  // chosen in the first trial, taken over by the other
  double unit = double{model.unit};
  double log_nmse[2] = {}, bits[2] = {};
  for (unsigned trial = 0; trial < 2; ++trial) {
    const Measured got =
        try_model(model, rows, judges, {unit, options.decisions, std::nullopt, true, 0, 1, dictionary, &matches})
            .measured;
    log_nmse[trial] = std::log(std::max(got.nmse, 1e-30) / options.nmse);
    bits[trial] = got.bits_per_value;
    const double change = std::clamp(-log_nmse[trial], -1.0, 1.0);
    unit *= std::exp(0.5 * std::copysign(std::max(std::fabs(change), kLeastChange), change));
  }
  const double slope = (bits[1] - bits[0]) / (log_nmse[1] - log_nmse[0]);
  // Matches that were made for another unit blur the slope.
  return bits[0] - log_nmse[0] * std::clamp(slope, kHighRateSlope, 0.0);
}

}  // namespace

RungFit fit_matches(TrainingRows& rows, RungFit rung, const RungOptions& options,
                    const TrainingStoredRows* dictionary) {
  const auto group = chunk_groups(rows.train, rows.channels, kGroupValues).front();
  const std::vector<Strand> judges(group.begin(), group.end());
  const std::vector<Strand>& measured = rows.held_out.empty() ? rows.train : rows.held_out;
  double least = judged_bits(rung.model, rows, judges, options, nullptr);
  RungFit best = rung;
  const auto consider = [&](const TrainingStoredRows* with) {
    RungFit fit;
    fit.model = MatchTrainer(rows, rung, options, with).run();
    const double bits = judged_bits(fit.model, rows, judges, options, with);
    if (!(bits < (1 - (with != nullptr ? kLeastDictionaryGain : kLeastGain)) * least)) return;
    fit.held_out = try_model(fit.model, rows, measured,
                             {double{fit.model.unit}, options.decisions, std::nullopt, true, 0, 1, with})
                       .measured;
    fit.bits_saved = with != nullptr ? least - bits : 0;
    best = std::move(fit);
    least = bits;
  };
  consider(nullptr);
  if (dictionary != nullptr) consider(dictionary);
  return best;
}

}  // namespace actz
