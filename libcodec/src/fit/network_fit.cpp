#include "fit/network_fit.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "fit/loop_trainer.hpp"
#include "fit/network_training.hpp"
#include "generated/format_limits.hpp"
#include "linear/int_linear.hpp"
#include "predict/network_predictor.hpp"

namespace actz {
namespace {

constexpr unsigned kEpochs = 8;
constexpr unsigned kRounds = 2;
constexpr double kLeastGain = 0.005;        ///< of the rate, for a network to stay: it takes time
constexpr std::size_t kRowsTogether = 256;  ///< whose features are computed at a time
constexpr std::size_t kPeakRows = 1024;     ///< that the peaks of features are taken from

class NetworkTrainer {
 public:
  NetworkTrainer(TrainingRows& rows, const CodecModel& model, const RungOptions& options, std::size_t hidden,
                 const TrainingStoredRows* dictionary)
      : loop_(rows, model, options, dictionary),
        hidden_(hidden),
        noise_(noise_per_step_squared(options.state_bits) * (1 << kFractionBits) * (1 << kFractionBits)) {
    loop_.for_each_row([&](std::size_t row) { all_rows_.push_back(row); });
  }

  CodecModel run() {
    loop_.code(loop_.groups(), Matching::chosen);
    learn_hidden();
    for (unsigned round = 0; round < kRounds; ++round) {
      learn_output();
      // The network makes other rows good matches.
      loop_.code(loop_.groups(), Matching::chosen);
      loop_.learn_tables(loop_.groups());
      loop_.adjust_step();
    }
    loop_.converge_tables();
    loop_.code(loop_.groups(), Matching::given);
    loop_.learn_tables(loop_.groups());
    return loop_.finished();
  }

 private:
  std::size_t channels() const { return loop_.rows().channels; }
  const std::vector<std::uint16_t>& lags() const { return loop_.model().predictor.lags; }
  bool matched() const { return loop_.model().match.classes > 0; }
  std::size_t rows_seen() const { return Network::rows_seen(lags().size(), matched()); }
  std::size_t inputs() const { return channels() * rows_seen(); }

  /// One of the decoded rows that the network sees; null: zeros.
  const float* seen(std::size_t row, std::size_t number) const {
    if (number < lags().size()) return loop_.decoded_before(row, lags()[number]);
    number -= lags().size();
    return loop_.matched_before(row, number == 0 ? 0 : lags()[number - 1]);
  }

  void load_inputs(std::size_t row, float scale, float* to) const {
    for (std::size_t number = 0; number < rows_seen(); ++number, to += channels()) {
      const float* const from = seen(row, number);
      for (std::size_t c = 0; c < channels(); ++c) to[c] = from == nullptr ? 0.0F : from[c] * scale;
    }
  }

  /// Trains on what the linear predictor leaves, in the basis where that is white beside the quantiser's noise.
  void learn_hidden() {
    const LoopTrainer::LinearSolution linear = loop_.solve_linear();
    const std::vector<float> weight = loop_.class_weights();
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(linear.covariance);
    // Weighted rows carry weighted noise; a quarter of them stands for all.
    double mean_square_weight = 0;
    for (const std::size_t row : all_rows_)
      mean_square_weight += double{weight[loop_.match(row).match_class]} * double{weight[loop_.match(row).match_class]};
    mean_square_weight /= static_cast<double>(all_rows_.size());
    const Eigen::VectorXd deviation = (solver.eigenvalues().cwiseMax(0.0).array() + noise_ * mean_square_weight).sqrt();
    const Eigen::MatrixXf whiten =
        (deviation.cwiseInverse().asDiagonal() * solver.eigenvectors().transpose()).cast<float>();
    const Eigen::MatrixXf predictor = linear.predictor.cast<float>();
    const float scale = input_scale();
    Eigen::VectorXf left(static_cast<Eigen::Index>(channels()));
    Eigen::VectorXf lag_rows(predictor.cols());
    NetworkSamples samples;
    samples.count = all_rows_.size();
    samples.inputs = inputs();
    samples.outputs = channels();
    samples.load = [&](std::size_t sample, float* input, float* target) {
      const std::size_t row = all_rows_[sample];
      load_inputs(row, scale, input);
      loop_.load_left(row, left.data());
      for (std::size_t l = 0; l < lags().size(); ++l)
        loop_.load_lag(row, lags()[l], &lag_rows[static_cast<Eigen::Index>(l * channels())]);
      const Eigen::VectorXf white = whiten * (left - predictor * lag_rows) * weight[loop_.match(row).match_class];
      std::copy_n(white.data(), channels(), target);
    };
    NetworkTrainingOptions training;
    training.hidden = hidden_;
    training.epochs = kEpochs;
    const FloatNetwork trained = train_network(samples, training);
    set_hidden(trained, scale);
  }

  /// One over the usual size of a value.
  float input_scale() const {
    double square = 0, values = 0;
    for (std::size_t i = 0; i < all_rows_.size(); i += 7) {
      const float* const row = loop_.rows().row(all_rows_[i]);
      for (std::size_t c = 0; c < channels(); ++c) square += double{row[c]} * double{row[c]};
      values += static_cast<double>(channels());
    }
    return static_cast<float>(1 / std::sqrt(std::max(square / std::max(values, 1.0), 1e-12)));
  }

  void set_hidden(const FloatNetwork& trained, float scale) {
    const auto rows = static_cast<Eigen::Index>(hidden_);
    const auto columns = static_cast<Eigen::Index>(inputs());
    using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    Eigen::MatrixXd weights =
        Eigen::Map<const RowMajor>(trained.hidden_weights.data(), rows, columns).cast<double>() * double{scale};
    const std::vector<std::uint8_t>& shift = loop_.model().predictor.input_shift;
    for (Eigen::Index i = 0; i < columns; ++i)
      weights.col(i) *= std::ldexp(1.0, shift[static_cast<std::size_t>(i) % channels()]);
    Eigen::VectorXd peak = Eigen::VectorXd::Zero(rows);
    Eigen::VectorXf input(columns);
    for (std::size_t i = 0; i < kPeakRows; ++i) {
      load_inputs(all_rows_[i * all_rows_.size() / kPeakRows], 1.0F, input.data());
      for (Eigen::Index c = 0; c < columns; ++c)
        input[c] = std::ldexp(input[c], -shift[static_cast<std::size_t>(c) % channels()]);
      peak = peak.cwiseMax(weights * input.cast<double>());
    }
    Network& network = loop_.model().predictor.network;
    network.layers = {quantise_layer(weights, peak)};
    // Until there is an output, it predicts nothing.
    network.output_shift.assign(channels(), 0);
    network.matrix.assign(channels() * hidden_, 0);
  }

  /// Matrices of lags and of the integer network's features together, from the rows as they are decoded now.
  void learn_output() {
    const std::vector<std::int16_t> features = all_features();
    std::vector<std::size_t> place(loop_.rows().row_count());
    for (std::size_t i = 0; i < all_rows_.size(); ++i) place[all_rows_[i]] = i;
    loop_.learn_linear(hidden_,
                       [&](std::size_t row, float* to) { std::copy_n(&features[place[row] * hidden_], hidden_, to); });
  }

  /// Row-major [training row][feature], as a decoder computes them.
  std::vector<std::int16_t> all_features() const {
    const NetworkPredictor network(loop_.model().predictor.network, channels(), rows_seen());
    const std::vector<std::uint8_t>& shift = loop_.model().predictor.input_shift;
    std::vector<RowBlock<std::int16_t>> rows;
    for (std::size_t number = 0; number < rows_seen(); ++number) rows.emplace_back(kRowsTogether, channels());
    std::vector<std::int32_t> fixed(channels());
    std::vector<std::int16_t> out;
    out.reserve(all_rows_.size() * hidden_);
    for (std::size_t first = 0; first < all_rows_.size(); first += kRowsTogether) {
      const std::size_t count = std::min(kRowsTogether, all_rows_.size() - first);
      NetworkPredictor::Inputs inputs(rows_seen(), std::vector<const std::int16_t*>(count, nullptr));
      for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t number = 0; number < rows_seen(); ++number) {
          const float* const from = seen(all_rows_[first + i], number);
          if (from == nullptr) continue;
          for (std::size_t c = 0; c < channels(); ++c) fixed[c] = static_cast<std::int32_t>(from[c]);
          round_shift_saturate(fixed.data(), shift.data(), rows[number].row(i), channels());
          inputs[number][i] = rows[number].row(i);
        }
      }
      const RowBlock<std::int16_t> features = network.features(inputs);
      for (std::size_t i = 0; i < count; ++i) out.insert(out.end(), features.row(i), features.row(i) + hidden_);
    }
    return out;
  }

  LoopTrainer loop_;
  std::size_t hidden_;
  double noise_;  ///< of the quantiser, in squared units
  std::vector<std::size_t> all_rows_;
};

}  // namespace

RungFit fit_network(TrainingRows& rows, RungFit rung, const RungOptions& options, std::size_t hidden,
                    const TrainingStoredRows* dictionary) {
  const bool can = !options.wide && options.transform && rows.reference_channels == 0 && !rows.held_out.empty() &&
                   rung.model.predictor.kind == PredictorKind::dense &&
                   rung.model.entropy_kind == EntropyKind::context && options.decisions.metric == nullptr;
  const std::size_t rows_seen = Network::rows_seen(rung.model.predictor.lags.size(), rung.model.match.classes > 0);
  if (!can || hidden * (rows_seen + 1) > kMaxNetworkWeights) return rung;
  if (!rung.model.match.dictionary) dictionary = nullptr;
  const double before = judged_bits(rung.model, rows, rows.held_out, options, dictionary);
  RungFit out = rung;
  out.model = NetworkTrainer(rows, rung.model, options, hidden, dictionary).run();
  if (!(judged_bits(out.model, rows, rows.held_out, options, dictionary) < (1 - kLeastGain) * before)) return rung;
  out.held_out = try_model(out.model, rows, rows.held_out,
                           {double{out.model.unit}, options.decisions, std::nullopt, true, 0, 1, dictionary})
                     .measured;
  return out;
}

}  // namespace actz
