#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "coded_tensors.hpp"
#include "predict/fixed_point.hpp"
#include "profile/profile_content.hpp"
#include "rows/enc_lookahead.hpp"

using namespace actz;

namespace {

constexpr std::size_t kChannels = 32;

/// Every channel by itself.
Synthesis identity() {
  Synthesis out;
  out.kind = SynthesisKind::diagonal;
  out.coefficients = kChannels;
  out.matrix.assign(kChannels, 1 << kFractionBits);  // a step
  return out;
}

MatchModel one_class() {
  MatchModel model;
  model.classes = 1;
  model.code_bits = {1, 1};
  model.start_activity.assign(2, 8192);
  model.gain.assign(kChannels, 128);
  return model;
}

/// Looks at the rows of one strand.
RowsAhead look_at(const std::vector<std::vector<float>>& rows) {
  const MatchModel model = one_class();
  const RowAnalysis analysis(identity(), kChannels);
  const Strand strand{0, rows.size()};
  const StepPlan plan(std::span(&strand, 1), true);
  const RowSource source = [&](std::size_t row, float*) { return rows[row].data(); };
  RowsAhead out{std::vector<NearestRows>(rows.size()), std::vector<float>(rows.size())};
  look_ahead({model, analysis, CoefficientCost(3), kChannels, kChannels, plan, source, nullptr, {}}, out, false);
  return out;
}

std::vector<float> random_row(std::mt19937& random, float scale) {
  std::normal_distribution<float> normal(0, scale);
  std::vector<float> out(kChannels);
  for (float& value : out) value = std::round(normal(random));
  return out;
}

}  // namespace

TEST_CASE("rows know the row that is like them, if it came before") {
  std::mt19937 random(1);
  std::vector<std::vector<float>> rows;
  for (int i = 0; i < 4; ++i) rows.push_back(random_row(random, 4000));
  for (int i = 0; i < 4; ++i) {
    rows.push_back(rows[static_cast<std::size_t>(i)]);
    rows.back()[5] += 3;
  }
  const RowsAhead ahead = look_at(rows);
  CHECK(ahead.near[0].first() == MatchAddresses::kNone);
  for (std::uint32_t i = 0; i < 4; ++i) CHECK(ahead.near[4 + i].first() == i);
  CHECK(ahead.near[7].count == NearestRows::kMost);
}

TEST_CASE("lambda is divided by the number of rows that an error is decoded in") {
  // The first row comes again eight times, each with a difference far below the noise; one row is alone.
  std::mt19937 random(2);
  std::vector<std::vector<float>> rows = {random_row(random, 4000), random_row(random, 4000)};
  for (int i = 0; i < 8; ++i) rows.push_back(rows[0]);
  const RowsAhead copies = look_at(rows);
  const float leaf = copies.slopes[1];
  CHECK(copies.slopes.back() == leaf);
  // Equal rows are matched with the first of them, and each hands on 0.7 of its error.
  CHECK(leaf / copies.slopes[0] == doctest::Approx(1 + 0.7 * 8).epsilon(0.01).scale(0));
  // Of ten rows, eight keep all, and one has 6.6 times the weight of the others.
  CHECK(std::log2(leaf) == doctest::Approx(1.45 * 0.8 + std::log2(1 + 0.7 * 8) / 10).epsilon(0.01).scale(0));

  // Of rows that are like none nothing is decoded again.
  std::vector<std::vector<float>> unlike;
  for (int i = 0; i < 10; ++i) unlike.push_back(random_row(random, 4000));
  for (const float slope : look_at(unlike).slopes) CHECK(slope == 1);
}

TEST_CASE("slopes stay within bounds, whatever the rows") {
  std::mt19937 random(3);
  std::vector<std::vector<float>> rows(300, random_row(random, 4000));
  rows.push_back(std::vector<float>(kChannels, 1e9F));
  rows.push_back(std::vector<float>(kChannels, -3e38F));
  const RowsAhead ahead = look_at(rows);
  CHECK(*std::min_element(ahead.slopes.begin(), ahead.slopes.end()) == 0.25F);
  for (const float slope : ahead.slopes) CHECK((slope >= 0.25F && slope <= 16));
}

TEST_CASE("a look at rows that are matched saves bits at equal error") {
  // Words of a vocabulary, each a little different every time.
  constexpr std::size_t kRows = 128;
  const auto words = [](std::size_t sequences, unsigned seed) {
    std::mt19937 random(seed), book_random(7);
    std::normal_distribution<float> normal;
    std::vector<float> book(200 * kChannels), out;
    for (float& value : book) value = normal(book_random);
    for (std::size_t row = 0; row < sequences * kRows; ++row) {
      const std::size_t word = random() % 200;
      for (std::size_t c = 0; c < kChannels; ++c) out.push_back(book[word * kChannels + c] + 0.3F * normal(random));
    }
    return out;
  };
  FitOptions fit_options;
  fit_options.target_nmse = {0.08};
  const Profile profile = test::fit(words(40, 1), {40, kRows, kChannels}, fit_options);
  REQUIRE(profile.content().rungs[0].model.match.classes > 0);
  const std::vector<float> rows = words(30, 2);
  const auto coded = [&](unsigned effort) {
    EncodeOptions options;
    options.profile = &profile;
    options.embed_model = false;
    options.nmse = 0.08;
    options.effort = effort;
    return test::encode(rows, {30, kRows, kChannels}, options);
  };
  const test::Coded without = coded(2), with = coded(3);
  CHECK(without.report.nmse == doctest::Approx(0.08).epsilon(0.03).scale(0));
  CHECK(with.report.nmse == doctest::Approx(0.08).epsilon(0.03).scale(0));
  CHECK(with.file.size() * 100 < without.file.size() * 97);
}
