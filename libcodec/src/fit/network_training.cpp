#include "fit/network_training.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <random>
#include <span>
#include <utility>

#include "linear/float_linear.hpp"
#include "linear/row_block.hpp"

namespace actz {
namespace {

constexpr std::size_t kBatch = 256;
constexpr double kPeakRate = 3e-3;
constexpr double kFirstRate = kPeakRate / 25;
constexpr double kLastRate = kFirstRate / 1e4;
constexpr double kWarmShare = 0.3;  ///< of the steps, in which the rate climbs
constexpr double kWeightDecay = 0.02;
constexpr double kMomentum = 0.9;
constexpr double kSquareMemory = 0.999;
constexpr double kSmallestRoot = 1e-8;

double learning_rate(std::size_t step, std::size_t steps) {
  const auto between = [](double from, double to, double share) {
    return to + (from - to) * 0.5 * (1 + std::cos(std::numbers::pi * share));
  };
  const double at = static_cast<double>(step) / static_cast<double>(std::max<std::size_t>(steps, 1));
  return at < kWarmShare ? between(kFirstRate, kPeakRate, at / kWarmShare)
                         : between(kPeakRate, kLastRate, (at - kWarmShare) / (1 - kWarmShare));
}

/// Weights with the moments of their gradients.
class Weights {
 public:
  Weights(std::size_t rows, std::size_t columns) : rows_(rows), columns_(columns), value_(rows * columns) {
    moment_.resize(value_.size());
    square_.resize(value_.size());
    gradient_.resize(value_.size());
  }

  void randomise(std::mt19937& random) {
    const double reach = 1 / std::sqrt(static_cast<double>(columns_));
    for (float& value : value_) value = static_cast<float>(reach * (static_cast<double>(random()) / 2147483648.0 - 1));
  }

  FloatMatrix matrix() const { return {rows_, columns_, value_}; }
  FloatMatrix transposed() const {
    std::vector<float> out(value_.size());
    for (std::size_t r = 0; r < rows_; ++r) {
      for (std::size_t c = 0; c < columns_; ++c) out[c * rows_ + r] = value_[r * columns_ + c];
    }
    return {columns_, rows_, out};
  }

  /// The gradient is Σ left[i] · rightᵀ[i].
  void step(const RowBlock<float>& left, const RowBlock<float>& right, std::size_t count, double rate,
            std::size_t number) {
    std::fill(gradient_.begin(), gradient_.end(), 0.0);
    accumulate_gram(left.row(0), left.stride(), rows_, right.row(0), right.stride(), columns_, count, gradient_.data());
    const double moment_scale = 1 / (1 - std::pow(kMomentum, static_cast<double>(number)));
    const double square_scale = 1 / (1 - std::pow(kSquareMemory, static_cast<double>(number)));
    const auto kept = static_cast<float>(1 - rate * kWeightDecay);
    const auto rate_of_moment = static_cast<float>(rate * moment_scale);
    for (std::size_t i = 0; i < value_.size(); ++i) {
      const auto gradient = static_cast<float>(gradient_[i]);
      moment_[i] += (gradient - moment_[i]) * static_cast<float>(1 - kMomentum);
      square_[i] += (gradient * gradient - square_[i]) * static_cast<float>(1 - kSquareMemory);
      const float root = std::sqrt(square_[i] * static_cast<float>(square_scale)) + static_cast<float>(kSmallestRoot);
      value_[i] = value_[i] * kept - rate_of_moment * moment_[i] / root;
    }
  }

  std::vector<float> take() { return std::move(value_); }

 private:
  std::size_t rows_;
  std::size_t columns_;
  std::vector<float> value_;
  std::vector<float> moment_;
  std::vector<float> square_;
  std::vector<double> gradient_;
};

void shuffle(std::vector<std::size_t>& order, std::mt19937& random) {
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
}

}  // namespace

FloatNetwork train_network(const NetworkSamples& samples, const NetworkTrainingOptions& options) {
  const std::size_t batch = std::min(kBatch, samples.count);
  std::mt19937 random(1);
  Weights hidden_weights(options.hidden, samples.inputs);
  Weights output_weights(samples.outputs, options.hidden);  // zeros
  hidden_weights.randomise(random);
  RowBlock<float> input(batch, samples.inputs), hidden(batch, options.hidden), hidden_slope(batch, options.hidden);
  RowBlock<float> target(batch, samples.outputs), output(batch, samples.outputs);
  std::vector<std::size_t> order(samples.count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const std::size_t batches = batch == 0 ? 0 : samples.count / batch;
  const auto scale = static_cast<float>(2.0 / static_cast<double>(std::max<std::size_t>(batch * samples.outputs, 1)));
  std::size_t number = 0;
  for (unsigned epoch = 0; epoch < options.epochs; ++epoch) {
    shuffle(order, random);
    for (std::size_t first = 0; first < batches * batch; first += batch) {
      for (std::size_t i = 0; i < batch; ++i) samples.load(order[first + i], input.row(i), target.row(i));
      multiply(hidden_weights.matrix(), std::as_const(input).first(batch), hidden.first(batch));
      for (std::size_t i = 0; i < batch; ++i) {
        for (std::size_t h = 0; h < options.hidden; ++h) hidden.row(i)[h] = std::max(hidden.row(i)[h], 0.0F);
      }
      multiply(output_weights.matrix(), std::as_const(hidden).first(batch), output.first(batch));
      for (std::size_t i = 0; i < batch; ++i) {
        for (std::size_t o = 0; o < samples.outputs; ++o)
          output.row(i)[o] = (output.row(i)[o] - target.row(i)[o]) * scale;
      }
      multiply(output_weights.transposed(), std::as_const(output).first(batch), hidden_slope.first(batch));
      for (std::size_t i = 0; i < batch; ++i) {
        for (std::size_t h = 0; h < options.hidden; ++h)
          hidden_slope.row(i)[h] = hidden.row(i)[h] > 0 ? hidden_slope.row(i)[h] : 0.0F;
      }
      const double rate = learning_rate(number, options.epochs * batches);
      ++number;
      output_weights.step(output, hidden, batch, rate, number);
      hidden_weights.step(hidden_slope, input, batch, rate, number);
    }
  }
  return {hidden_weights.take(), output_weights.take()};
}

}  // namespace actz
