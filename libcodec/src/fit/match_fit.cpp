#include "fit/match_fit.hpp"

#include <algorithm>
#include <cmath>
#include <queue>

#include "fit/loop_trainer.hpp"

namespace actz {
namespace {

constexpr unsigned kRounds = 2;
constexpr std::uint64_t kJudgedValues = 1u << 20;

/// Gains to begin with; coding sorts the rows by how good their match is.
constexpr std::uint8_t kFirstGains[] = {128, 118, 96, 60};
constexpr double kLargestGain = 1.1;
constexpr double kFewestRows = 64;             ///< of a class, to learn its gains
constexpr double kLeastGain = 0.002;           ///< of the rate, for matches to stay
constexpr double kLeastDictionaryGain = 0.02;  ///< for a dictionary, which takes room
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

class MatchTrainer {
 public:
  MatchTrainer(TrainingRows& rows, const RungFit& rung, const RungOptions& options,
               const TrainingStoredRows* dictionary)
      : loop_(rows, with_first_gains(rung.model, dictionary), options, dictionary),
        learns_linear_(!options.wide && rows.reference_channels == 0 && !options.lags.empty() &&
                       !rung.model.predictor.lags.empty()) {}

  CodecModel run() {
    for (unsigned round = 0; round < kRounds; ++round) {
      loop_.code(loop_.groups(), Matching::chosen);
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
};

}  // namespace

RungFit fit_matches(TrainingRows& rows, RungFit rung, const RungOptions& options,
                    const TrainingStoredRows* dictionary) {
  const auto group = chunk_groups(rows.train, rows.channels, kJudgedValues).front();
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
