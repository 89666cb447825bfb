#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "coded_tensors.hpp"
#include "fit/crowd_fit.hpp"
#include "fit/row_centre.hpp"

using namespace actz;

namespace {

constexpr std::size_t kSequences = 24, kRows = 128, kChannels = 32;

/// x · sigmoid(1.702 x) of Gaussians, some of it common to all channels: most lie near 0, none are equal.
std::vector<float> gelu(unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<float> out;
  for (std::size_t row = 0; row < kSequences * kRows; ++row) {
    const double common = normal(random);
    for (std::size_t c = 0; c < kChannels; ++c) {
      const double x = common + 2 * normal(random) - 2;
      out.push_back(static_cast<float>(x / (1 + std::exp(-1.702 * x))));
    }
  }
  return out;
}

TrainingRows rows_of(std::vector<float> values, std::uint32_t channels) {
  TrainingRows out;
  out.channels = channels;
  out.values = std::move(values);
  out.train = {{0, out.row_count()}};
  return out;
}

/// Of an ideal coder of uniform steps, which knows the histogram of each channel.
double histogram_bits(const std::vector<float>& values, double nmse) {
  TrainingRows rows = rows_of(values, kChannels);
  centre_rows(rows);
  const double wanted = nmse * strand_energy(rows, rows.train.front());
  double step = 1e-3;
  for (double error = 0; error < wanted; step *= 1.02) {
    error = 0;
    for (const float x : values) error += std::pow(double{x} - step * std::round(double{x} / step), 2);
  }
  double bits = 0;
  for (std::size_t c = 0; c < kChannels; ++c) {
    std::map<long, double> count;
    for (std::size_t at = c; at < values.size(); at += kChannels) ++count[std::lround(double{values[at]} / step)];
    const double all = static_cast<double>(values.size() / kChannels);
    for (const auto& [level, one] : count) bits += one * std::log2(all / one);
  }
  return bits / static_cast<double>(values.size());
}

}  // namespace

TEST_CASE("crowds are found where they are: not in Gaussians, not at the centre, nor where few channels have them") {
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  std::vector<float> values;
  for (std::size_t i = 0; i < 1000; ++i) {
    const float x = normal(random);
    const bool in_crowd = i % 2 == 0;
    values.insert(values.end(), {x, in_crowd ? 0.01F * x - 1 : 1 + x, in_crowd ? 0.05F * x : x, std::fabs(x) * x - 5});
  }
  TrainingRows rows = rows_of(values, 4);
  centre_rows(rows);
  const std::vector<double> offsets = crowd_offsets(rows);
  REQUIRE(offsets.size() == 4);
  CHECK(offsets[0] == 0);
  CHECK(offsets[1] == doctest::Approx(-1).epsilon(0.1));  // from the mean, which is near 0
  CHECK(offsets[2] == 0);
  CHECK(offsets[3] == 0);

  rows.rescale(0.25);
  const std::vector<double> same = crowd_offsets(rows);
  for (std::size_t c = 0; c < 4; ++c) CHECK(same[c] == doctest::Approx(offsets[c]));

  std::vector<float> few;
  for (std::size_t i = 0; i < values.size(); i += 4) {
    for (int copy = 0; copy < 4; ++copy) few.push_back(normal(random));
    few.push_back(values[i + 1]);
  }
  TrainingRows mostly_gaussian = rows_of(few, 5);
  centre_rows(mostly_gaussian);
  CHECK(crowd_offsets(mostly_gaussian).empty());
}

TEST_CASE("rows are centred anew on crowds, and their energy about the mean stays") {
  TrainingRows rows = rows_of({1, 2, 3, 4, 5, 9}, 2);
  std::vector<double> centre = centre_rows(rows);
  const std::vector<float> values = rows.values;
  const double energy = strand_energy(rows, rows.train.front());
  rows.rescale(0.5);
  centre_on_crowds({1.5, 0}, rows, centre);
  CHECK(centre == std::vector<double>{4.5, 5});
  CHECK(rows.mean == std::vector<double>{-3, 0});
  for (std::size_t i = 0; i < values.size(); ++i) CHECK(rows.values[i] == 2 * values[i] - (i % 2 == 0 ? 3.0F : 0.0F));
  CHECK(strand_energy(rows, rows.train.front()) == doctest::Approx(4 * energy));
}

TEST_CASE(
    "values that crowd cost what histograms of channels promise, on rungs and between them, and without a profile") {
  const Shape shape{kSequences, kRows, kChannels};
  FitOptions options;
  options.target_nmse = {0.005, 0.01, 0.02};
  const Profile profile = test::fit(gelu(1), shape, options);
  const std::vector<float> fresh = gelu(2);
  for (const double nmse : {0.007, 0.02}) {
    CAPTURE(nmse);
    const double ideal = histogram_bits(fresh, nmse);
    for (const Profile* const with : {&profile, static_cast<const Profile*>(nullptr)}) {
      CAPTURE((with != nullptr));
      EncodeOptions encode;
      encode.profile = with;
      encode.embed_model = with == nullptr;
      encode.nmse = nmse;
      const test::Coded coded = test::encode(fresh, shape, encode);
      CHECK(coded.report.nmse == doctest::Approx(nmse).epsilon(0.04).scale(0));
      CHECK(8.0 * static_cast<double>(coded.file.size()) < 1.1 * ideal * static_cast<double>(fresh.size()));
    }
  }
}
