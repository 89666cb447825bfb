#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <cmath>
#include <numeric>

#include "base/cpu_kernel.hpp"
#include "coded_tensors.hpp"
#include "fit/linear_fit.hpp"
#include "fit/network_training.hpp"
#include "predict/network_predictor.hpp"
#include "profile/codec_model.hpp"
#include "profile/profile_content.hpp"

namespace actz {
namespace {

constexpr std::size_t kChannels = 8;
constexpr std::size_t kRows = 64;

/// Rows that follow from the magnitudes of the row before, which no linear prediction sees, and noise; from beyond 2.1
/// they would grow without end.
std::vector<float> folded(std::size_t sequences, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> out;
  for (std::size_t sequence = 0; sequence < sequences; ++sequence) {
    for (std::size_t t = 0; t < kRows; ++t) {
      for (std::size_t c = 0; c < kChannels; ++c) {
        const float before = t == 0 ? 0.5F * normal(random) : out[out.size() - kChannels];
        out.push_back(1.6F * (std::fabs(before) - 0.8F) + 0.15F * normal(random));
      }
    }
  }
  return out;
}

double error_of(const std::vector<float>& a, const std::vector<float>& b) {
  std::vector<double> mean(kChannels);
  for (std::size_t i = 0; i < a.size(); ++i)
    mean[i % kChannels] += a[i] * double{kChannels} / static_cast<double>(a.size());
  double error = 0, energy = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    error += std::pow(double{a[i]} - double{b[i]}, 2);
    energy += std::pow(double{a[i]} - mean[i % kChannels], 2);
  }
  return error / energy;
}

Profile fit_folded(unsigned network_width) {
  FitOptions options;
  options.target_nmse = {0.02};
  options.lags = {1};
  options.match_rows = false;
  options.network_width = network_width;
  return test::fit(folded(96, 1), {96, kRows, kChannels}, options);
}

double network_output(const FloatNetwork& network, const std::vector<float>& input) {
  double out = 0;
  for (std::size_t h = 0; h < network.output_weights.size(); ++h) {
    double sum = 0;
    for (std::size_t i = 0; i < input.size(); ++i)
      sum += double{network.hidden_weights[h * input.size() + i]} * double{input[i]};
    out += double{network.output_weights[h]} * std::max(sum, 0.0);
  }
  return out;
}

TEST_CASE("training finds a function that is not linear, and the same weights every time") {
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  std::vector<float> points(2 * 4096);
  for (float& value : points) value = normal(random);
  NetworkSamples samples{4096, 2, 1, [&](std::size_t sample, float* input, float* target) {
                           input[0] = points[2 * sample];
                           input[1] = points[2 * sample + 1];
                           *target = std::fabs(input[0]) - 0.5F * std::fabs(input[1]);
                         }};
  NetworkTrainingOptions options;
  options.hidden = 32;
  options.epochs = 80;
  const FloatNetwork network = train_network(samples, options);
  double error = 0, energy = 0;
  for (unsigned i = 0; i < 500; ++i) {
    const std::vector<float> input{normal(random), normal(random)};
    const double wanted = std::fabs(double{input[0]}) - 0.5 * std::fabs(double{input[1]});
    const double got = network_output(network, input);
    error += (got - wanted) * (got - wanted);
    energy += wanted * wanted;
  }
  CHECK(error < 0.01 * energy);
  const FloatNetwork again = train_network(samples, options);
  CHECK(again.hidden_weights == network.hidden_weights);
  CHECK(again.output_weights == network.output_weights);
}

TEST_CASE("the integer form of a layer gives what its weights give, to a percent of its peak") {
  std::mt19937 random(5);
  std::normal_distribution<double> normal;
  Eigen::MatrixXd weights(16, 24);
  for (Eigen::Index i = 0; i < weights.size(); ++i) weights(i) = normal(random);
  const Eigen::VectorXd peak = Eigen::VectorXd::Constant(16, 24 * 400.0);
  Network network;
  network.layers = {quantise_layer(weights, peak)};
  network.output_shift.assign(24, 0);
  network.matrix.assign(24 * 16, 0);
  const NetworkPredictor predictor(network, 24, 1);
  RowBlock<std::int16_t> rows(1, 24);
  Eigen::VectorXd input(24);
  for (int i = 0; i < 24; ++i) input[i] = rows.row(0)[i] = static_cast<std::int16_t>(std::lrint(200 * normal(random)));
  const RowBlock<std::int16_t> features = predictor.features({{rows.row(0)}});
  const Eigen::VectorXd wanted = (weights * input).cwiseMax(0.0);
  for (int o = 0; o < 16; ++o) {
    const double scale =
        127 / weights.row(o).cwiseAbs().maxCoeff() / std::exp2(network.layers[0].shift[static_cast<std::size_t>(o)]);
    CHECK(features.row(0)[o] == doctest::Approx(wanted[o] * scale).epsilon(0.02).scale(100));
  }
}

TEST_CASE("a network pays on rows that linear prediction does not see, and decodes to what was measured") {
  const Profile with = fit_folded(32), without = fit_folded(0);
  REQUIRE(with.rungs()[0].uses_network);
  CHECK_FALSE(without.rungs()[0].uses_network);
  const std::vector<float> values = folded(16, 9);
  const Shape shape{16, kRows, kChannels};
  EncodeOptions options;
  options.profile = &with;
  const test::Coded coded = test::encode(values, shape, options);
  options.profile = &without;
  const test::Coded plain = test::encode(values, shape, options);
  const auto payload = [](const EncodeReport& report) {
    return static_cast<double>(report.output_bytes - report.embedded_model_bytes);
  };
  CHECK(payload(coded.report) < 0.8 * payload(plain.report));
  const auto decoded = test::decode(coded.file, {});
  REQUIRE(decoded.has_value());
  CHECK(error_of(values, *decoded) == doctest::Approx(coded.report.nmse).epsilon(0.001).scale(0));
  CHECK(coded.report.nmse == doctest::Approx(0.02).epsilon(0.03).scale(0));
  const auto threads = test::decode(coded.file, {}, 3);
  REQUIRE(threads.has_value());
  CHECK(*threads == *decoded);
}

TEST_CASE("a network serves tensors of another unit: it has no biases") {
  const Profile profile = fit_folded(32);
  std::vector<float> values = folded(16, 11);
  EncodeOptions options;
  options.profile = &profile;
  const auto bytes_of = [&](double scale, double nmse) {
    std::vector<float> scaled = values;
    for (float& value : scaled) value = static_cast<float>(double{value} * scale);
    options.nmse = nmse;
    return static_cast<double>(test::encode(scaled, {16, kRows, kChannels}, options).report.output_bytes);
  };
  // A finer step, and the bits that go with it: 0.8 bits a value for a third of the error, and what the tables lack.
  const double finer = bytes_of(1, 0.02 / 3) - bytes_of(1, 0.02);
  CHECK(finer * 8 < 1.3 * 16 * kRows * kChannels);
}

TEST_CASE("where a network does not pay there is none") {
  FitOptions options;
  options.target_nmse = {0.02};
  options.match_rows = false;
  options.network_width = 16;
  const Profile profile = test::fit(test::sentences(2048, 8, 1, true), {32, 64, 8}, options);
  CHECK_FALSE(profile.rungs()[0].uses_network);
  CHECK(profile.content().rungs[0].model.predictor.network.layers.empty());
}

TEST_CASE("networks of matched rows decode, and models survive being written") {
  FitOptions options;
  options.target_nmse = {0.02};
  options.lags = {1};
  options.network_width = 16;
  const Profile profile = test::fit(folded(96, 1), {96, kRows, kChannels}, options);
  CodecModel model = profile.content().rungs[0].model;
  REQUIRE(model.predictor.kind == PredictorKind::network);
  const auto bytes = write_model(model);
  const auto again = read_model(bytes);
  REQUIRE(again.has_value());
  CHECK(write_model(*again) == bytes);
  CHECK(again->predictor.network.layers[0].weights == model.predictor.network.layers[0].weights);
}

}  // namespace
}  // namespace actz
