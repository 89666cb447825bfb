#include "fit/match_fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>

#include "fit/checked_fit.hpp"
#include "fit/loop_trainer.hpp"
#include "rows/enc_lossy_rows.hpp"

namespace actz {
namespace {

constexpr unsigned kRounds = 2;
constexpr std::uint64_t kJudgedValues = 1u << 20;

/// Gains to begin with; coding sorts the rows by how good their match is.
constexpr std::uint8_t kFirstGains[] = {128, 118, 96, 60};
constexpr double kLargestGain = 1.1;
constexpr double kFewestRows = 64;             ///< of a class, to learn its gains
constexpr double kLeastGain = 0.002;           ///< of the rate, for matches to stay
constexpr double kLeastOtherGain = 0.05;       ///< for other ways to be taken, which training rows flatter
constexpr double kLeastDictionaryGain = 0.02;  ///< for a dictionary, which takes room
constexpr double kGainOne = 1 << MatchModel::kGainBits;
/// Rows repeat where the nearest matches leave less than so many times the error of a row.
constexpr double kRepeats = 1.25;
constexpr double kRepeatSlope = 4;
constexpr double kFewestMatched = 0.1;  ///< of the rows, for other ways to be tried

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

class MatchTrainer {
 public:
  MatchTrainer(TrainingRows& rows, const CodecModel& start, const RungOptions& options,
               const TrainingStoredRows* dictionary)
      : loop_(rows, with_first_gains(start, dictionary), options, dictionary),
        learns_linear_(!options.wide && rows.reference_channels == 0 && !options.lags.empty() &&
                       !start.predictor.lags.empty()) {}

  CodecModel run() {
    for (unsigned round = 0; round < kRounds; ++round) {
      loop_.code(loop_.groups(), Matching::chosen);
      if (round == 0) measure_left();
      learn_gains();
      if (learns_linear_) loop_.learn_linear();
      learn_classes();
      loop_.learn_tables(loop_.groups());
      loop_.adjust_step();
    }
    loop_.converge_tables();
    loop_.code(loop_.groups(), Matching::given);
    loop_.learn_tables(loop_.groups());
    return loop_.finished();
  }

  /// Energy that rows of the nearest class left in the first round, over that of the error of all.
  double left_over_noise() const { return left_over_noise_; }
  /// Of the rows, in the first round.
  double share_matched() const { return share_matched_; }

 private:
  static CodecModel with_first_gains(CodecModel model, const TrainingStoredRows* dictionary) {
    MatchModel& match = model.match;
    match.classes = static_cast<unsigned>(std::size(kFirstGains));
    if (dictionary != nullptr) match.dictionary = dictionary->digest;
    match.code_bits = code_lengths(std::vector<double>(match.classes + 1, 1.0));
    match.start_activity.assign(match.classes + 1, kActivityStart);
    for (const std::uint8_t gain : kFirstGains) match.gain.insert(match.gain.end(), model.channels, gain);
    return model;
  }

  void measure_left() {
    double energy = 0, values = 0, rows = 0, matched = 0;
    std::vector<float> left(loop_.rows().channels);
    loop_.for_each_row([&](std::size_t row) {
      rows += 1;
      matched += loop_.match(row).match_class > 0 ? 1 : 0;
      if (loop_.match(row).match_class != kNearestClass) return;
      loop_.load_left(row, left.data());
      for (const float value : left) energy += double{value} * double{value};
      values += static_cast<double>(left.size());
    });
    share_matched_ = matched / std::max(rows, 1.0);
    if (values > 0) left_over_noise_ = energy / values / std::max(loop_.distortion(), 1e-30);
  }

  /// Least squares of each channel of each class.
  void learn_gains() {
    MatchModel& match = loop_.model().match;
    const std::size_t d = loop_.rows().channels;
    std::vector<double> cross(match.classes * d), square(match.classes * d), count(match.classes);
    loop_.for_each_row([&](std::size_t row) {
      const float* const matched = loop_.matched_before(row, 0);
      if (matched == nullptr) return;
      const std::size_t at = (loop_.match(row).match_class - 1u) * d;
      count[at / d] += 1;
      for (std::size_t c = 0; c < d; ++c) {
        cross[at + c] += double{matched[c]} * double{loop_.rows().row(row)[c]};
        square[at + c] += double{matched[c]} * double{matched[c]};
      }
    });
    for (std::size_t i = 0; i < cross.size(); ++i) {
      if (count[i / d] < kFewestRows) continue;
      const double gain = std::clamp(cross[i] / std::max(square[i], 1e-9), 0.0, kLargestGain);
      match.gain[i] = static_cast<std::uint8_t>(std::lrint(gain * kGainOne));
    }
  }

  void learn_classes() {
    MatchModel& match = loop_.model().match;
    std::vector<double> count(match.classes + 1);
    loop_.for_each_row([&](std::size_t row) { count[loop_.match(row).match_class] += 1; });
    match.code_bits = code_lengths(count);
  }

  LoopTrainer loop_;
  bool learns_linear_;
  double left_over_noise_ = std::numeric_limits<double>::infinity();
  double share_matched_ = 0;
};

bool may_lack_directions(const CodecModel& model, const RungOptions& options) {
  return options.transform && !options.wide && model.synthesis.kind == SynthesisKind::dense &&
         model.synthesis.coefficients < model.channels;
}

/// The same again with all directions.
CodecModel whole_basis(TrainingRows& rows, const std::vector<double>& centre, const CodecModel& model,
                       RungOptions options) {
  options.whole_basis = true;
  options.state_bits = model.state_bits;
  options.choose_states = false;
  return fit_checked_rung(rows, centre, options).model;
}

}  // namespace

RungFit fit_matches(TrainingRows& rows, const std::vector<double>& centre, RungFit rung, const RungOptions& options,
                    const TrainingStoredRows* dictionary) {
  const auto group = chunk_groups(rows.train, rows.channels, kJudgedValues).front();
  const std::vector<Strand> judges(group.begin(), group.end());
  const std::vector<Strand>& measured = rows.held_out.empty() ? rows.train : rows.held_out;
  double least = judged_bits(rung.model, rows, judges, options, nullptr);
  double least_without = least;
  RungFit best = rung;
  bool promising = false, repeats = false;
  /// @param least_gain  of the rate, for what is tried to be kept.
  const auto consider = [&](const CodecModel& start, const RungOptions& with, const TrainingStoredRows* stored,
                            double least_gain) {
    MatchTrainer trainer(rows, start, with, stored);
    RungFit fit;
    fit.model = trainer.run();
    fit.repeat_slope = with.decisions.repeat_slope;
    promising = promising || trainer.share_matched() > kFewestMatched;
    repeats = repeats || trainer.left_over_noise() < kRepeats;
    const double bits = judged_bits(fit.model, rows, judges, with, stored);
    if (!(bits < (1 - least_gain) * least)) return;
    fit.held_out =
        try_model(fit.model, rows, measured, {double{fit.model.unit}, with.decisions, std::nullopt, true, 0, 1, stored})
            .measured;
    if (stored == nullptr) least_without = bits;
    fit.bits_saved = least_without - bits;
    best = std::move(fit);
    least = bits;
  };
  consider(rung.model, options, nullptr, kLeastGain);
  // What matches leave has energy in other directions than the rows, and a basis without them cannot take it.
  const auto consider_otherwise = [&](const TrainingStoredRows* stored) {
    RungOptions other = options;
    other.decisions.repeat_slope = repeats ? kRepeatSlope : 1;
    CodecModel start = rung.model;
    if (may_lack_directions(rung.model, options)) start = whole_basis(rows, centre, rung.model, options);
    consider(start, other, stored, kLeastOtherGain);
  };
  if (promising && (repeats || best.model.match.classes == 0)) consider_otherwise(nullptr);
  if (dictionary == nullptr) return best;
  consider(rung.model, options, dictionary, kLeastDictionaryGain);
  if (promising && repeats) consider_otherwise(dictionary);
  return best;
}

}  // namespace actz
