#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

#include "actz/profile.hpp"
#include "coded_tensors.hpp"
#include "fit/checked_fit.hpp"
#include "fit/row_centre.hpp"
#include "fit/trial.hpp"

using namespace actz;

namespace {

constexpr std::size_t kMaps = 48;
constexpr std::size_t kTokens = 48;  ///< rows, and channels, of a map

/// Softmax of random scores that fall with the distance, each token seeing itself and those before it: half are zeros.
std::vector<float> attention_maps(unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<float> out;
  for (std::size_t map = 0; map < kMaps; ++map) {
    for (std::size_t t = 0; t < kTokens; ++t) {
      std::vector<double> weight(kTokens);
      double sum = 0;
      for (std::size_t s = 0; s <= t; ++s) {
        weight[s] = std::exp(normal(random) - 0.15 * static_cast<double>(t - s) + (s == 0 ? 2 : 0));
        sum += weight[s];
      }
      for (const double one : weight) out.push_back(static_cast<float>(one / sum));
    }
  }
  return out;
}

/// Of four rungs.
Profile profile_of(const std::vector<float>& values, const Shape& shape) {
  FitOptions options;
  options.target_nmse = {0.0025, 0.005, 0.01, 0.02};
  return test::fit(values, shape, options);
}

/// Bits per value of a file that names its profile; the target is met.
double bits_at(double nmse, const std::vector<float>& values, const Shape& shape, const Profile& profile) {
  EncodeOptions options;
  options.profile = &profile;
  options.embed_model = false;
  options.nmse = nmse;
  const test::Coded coded = test::encode(values, shape, options);
  CHECK(coded.report.nmse == doctest::Approx(nmse).epsilon(0.04).scale(0));
  return 8.0 * static_cast<double>(coded.file.size()) / static_cast<double>(values.size());
}

/// Σ over channels of the bits of a histogram of the channel's values in steps of such a size.
double entropy_of_steps(const std::vector<float>& values, double step) {
  double bits = 0;
  for (std::size_t c = 0; c < kTokens; ++c) {
    std::vector<double> count(static_cast<std::size_t>(1 / step) + 2);
    for (std::size_t at = c; at < values.size(); at += kTokens) {
      ++count[static_cast<std::size_t>(std::lround(double{values[at]} / step))];
    }
    const double rows = static_cast<double>(values.size() / kTokens);
    for (const double one : count) bits += one > 0 ? one * std::log2(rows / one) : 0;
  }
  return bits / static_cast<double>(values.size());
}

double error_of_steps(const std::vector<float>& values, double step) {
  TrainingRows rows;
  rows.channels = kTokens;
  rows.values = values;
  rows.train = {{0, values.size() / kTokens}};
  centre_rows(rows);
  double error = 0;
  for (const float x : values) error += std::pow(double{x} - step * std::round(double{x} / step), 2);
  return error / strand_energy(rows, rows.train.front());
}

}  // namespace

TEST_CASE("rows are centred on a value that a quarter of a channel has, else on the mean") {
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  TrainingRows rows;
  rows.channels = 4;
  // All different; mostly zeros; one that is no number; a constant.
  rows.values = {0, 0, 1, 7, 1, 0, kNaN, 7, 2, 0, 2, 7, 3, 3, 3, 7, 4, 0, 4, 7, 5, 5, 5, 7, 6, 0, 6, 7, 7, 0, 7, 7};
  rows.train = {{0, 8}};
  const std::vector<double> centre = centre_rows(rows);
  CHECK(centre == std::vector<double>{3.5, 0, 4, 7});
  CHECK(rows.mean == std::vector<double>{0, 1, 0, 0});
  CHECK(rows.values[4 + 2] == 0);  // what is no number is the mean
  CHECK(rows.values[12 + 1] == 3);
  const double energy = 42 + 26 + 28;
  CHECK(strand_energy(rows, rows.train.front()) == doctest::Approx(energy));
  rows.rescale(0.5);
  CHECK(rows.mean == std::vector<double>{0, 2, 0, 0});
  CHECK(strand_energy(rows, rows.train.front()) == doctest::Approx(4 * energy));
}

TEST_CASE("however many rows are sparse, they are coded without transform where that takes fewer bits") {
  constexpr std::uint32_t kChannels = 8;
  constexpr std::size_t kRows = 1024;
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  TrainingRows rows;
  rows.channels = kChannels;
  for (std::size_t i = 0; i < kRows; ++i) {
    const float common = normal(random);
    for (std::uint32_t c = 0; c < kChannels; ++c) {
      rows.values.push_back(std::max(common + normal(random) - 1.5F, 0.0F));
    }
  }
  rows.train = {{0, kRows / 4 * 3}};
  rows.held_out = {{kRows / 4 * 3, kRows / 4}};
  const std::vector<double> centre = centre_rows(rows);
  RungOptions options;
  options.nmse = 0.005;
  const RungFit fit = fit_checked_rung(rows, centre, options);
  CHECK(fit.model.synthesis.kind == SynthesisKind::diagonal);
  CHECK(fit.model.predictor.longest_lag() == 0);
}

TEST_CASE("zeros cost little at any quality, on rungs and between them") {
  const Shape shape{kMaps, kTokens, kTokens};
  const Profile profile = profile_of(attention_maps(1), shape);
  const std::vector<float> fresh = attention_maps(2);
  for (const double nmse : {0.0035, 0.014}) {
    CAPTURE(nmse);
    double step = 0.001;
    while (error_of_steps(fresh, step) < nmse) step *= 1.02;
    CHECK(bits_at(nmse, fresh, shape, profile) < 1.1 * entropy_of_steps(fresh, step));
  }
}

TEST_CASE("lossless coding leaves a profile aside where that takes clearly fewer bits") {
  const Shape shape{kMaps, kTokens, kTokens};
  const std::vector<float> maps = attention_maps(2);
  const Profile of_maps = profile_of(attention_maps(1), shape);
  EncodeOptions options;
  options.lossless = true;
  const std::size_t alone = test::encode(maps, shape, options).file.size();
  options.profile = &of_maps;
  options.embed_model = false;
  const test::Coded coded = test::encode(maps, shape, options);
  CHECK(coded.file.size() < 1.01 * static_cast<double>(alone));
  CHECK(*test::decode(coded.file, {}) == maps);  // it does not take the profile

  const std::vector<float> text = test::sentences(4096, kTokens, 1);
  const Profile of_text = profile_of(test::sentences(4096, kTokens, 2), {4096, kTokens});
  options.profile = &of_text;
  const test::Coded matched = test::encode(text, {4096, kTokens}, options);
  CHECK(*test::decode(matched.file, {of_text}) == text);
  CHECK_FALSE(test::decode(matched.file, {}).has_value());
}
