#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "actz/profile.hpp"
#include "actz/streams.hpp"
#include "fit/checked_fit.hpp"
#include "fit/equal_error.hpp"
#include "fit/row_parts.hpp"
#include "profile/profile_content.hpp"

using namespace actz;

namespace {

constexpr std::uint32_t kChannels = 16;

/// Rows of channels that follow the row before.
/// @param peaked  few large values among small ones; else Gaussian.
TrainingRows following_rows(float memory, bool peaked) {
  constexpr std::size_t kStrands = 32;
  constexpr std::size_t kRows = 128;
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  TrainingRows out;
  out.channels = kChannels;
  for (std::size_t strand = 0; strand < kStrands; ++strand) {
    std::vector<float> row(kChannels);
    (strand % 8 == 7 ? out.held_out : out.train).push_back({strand * kRows, kRows});
    for (std::size_t t = 0; t < kRows; ++t) {
      for (std::size_t c = 0; c < kChannels; ++c) {
        const float peak = peaked ? std::exp(normal(random)) / std::sqrt(1.0F + static_cast<float>(c)) : 1.0F;
        const float fresh = normal(random) * peak / std::sqrt(1.0F + static_cast<float>(c));
        row[c] = memory * row[c] + fresh;
      }
      out.values.insert(out.values.end(), row.begin(), row.end());
    }
  }
  return out;
}

RungOptions low_rate(unsigned state_bits, std::vector<std::uint16_t> lags) {
  RungOptions out;
  out.nmse = 0.25;
  out.state_bits = state_bits;
  out.lags = std::move(lags);
  return out;
}

double bits_of(const RungOptions& options, const TrainingRows& rows) {
  TrainingRows own = rows;
  const RungFit fit = fit_rung(own, std::vector<double>(kChannels), options);
  return held_out_bits(fit, own, options);
}

RungFit chosen(RungOptions options, const TrainingRows& rows) {
  options.choose_states = true;
  TrainingRows own = rows;
  return fit_checked_rung(own, std::vector<double>(kChannels), options);
}

}  // namespace

TEST_CASE("low rates take the number of states that needs fewer bits on held-out rows") {
  const TrainingRows rows = following_rows(0.9F, true);
  const double eight = bits_of(low_rate(3, {1}), rows);
  const double four = bits_of(low_rate(2, {1}), rows);
  REQUIRE(eight < 1);
  REQUIRE(four < 0.99 * eight);
  CHECK(chosen(low_rate(3, {1}), rows).model.state_bits == 2);
  TrainingRows own = rows;  // wanted by the user: kept
  CHECK(fit_checked_rung(own, std::vector<double>(kChannels), low_rate(3, {1})).model.state_bits == 3);
}

TEST_CASE("low rates leave out last lags that do not pay, and keep those that do") {
  const TrainingRows rows = following_rows(0.97F, true);
  RungOptions six = low_rate(2, {1, 2, 3, 4, 5, 6});
  six.nmse = 0.35;
  RungOptions one = low_rate(2, {1});
  one.nmse = 0.35;
  const double bits = bits_of(six, rows);
  REQUIRE(bits < 0.5);
  REQUIRE(bits_of(one, rows) < 0.9 * bits);
  const auto lags = chosen(six, rows).model.predictor.lags;
  CHECK(lags.size() < six.lags.size());
  CHECK(!lags.empty());
}

TEST_CASE("a profile's rungs choose their states unless told how many") {
  const TrainingRows rows = following_rows(0.9F, true);
  const Shape shape{32, 128, kChannels};
  for (const unsigned states : {0u, 8u}) {
    MemoryElements elements(DType::f32, std::as_bytes(std::span(rows.values)));
    const FitInput input{DType::f32, shape, &elements};
    FitOptions options;
    options.target_nmse = {0.005, 0.25};
    options.lags = {1};
    options.quantizer_states = states;
    const auto profile = fit_profile(std::span(&input, 1), options);
    REQUIRE(profile.has_value());
    CHECK(profile->content().rungs[0].model.state_bits == 3);
    CHECK(profile->content().rungs[1].model.state_bits == (states == 0 ? 2 : 3));
  }
}

TEST_CASE("high rates are left alone") {
  const TrainingRows rows = following_rows(0.9F, true);
  RungOptions options = low_rate(3, {1, 2});
  options.nmse = 0.005;
  CHECK(chosen(options, rows).model.state_bits == 3);
}

TEST_CASE("tables converge: turns over parts save bits of held-out rows at equal error") {
  const TrainingRows rows = following_rows(0.9F, false);
  for (const double nmse : {0.02, 0.05}) {
    RungOptions options = low_rate(3, {1});
    options.nmse = nmse;
    const double with = bits_of(options, rows);
    options.table_turns = 0;
    CHECK(with < 0.99 * bits_of(options, rows));
  }
}

TEST_CASE("parts share out the strands, and few rows stay together") {
  std::vector<Strand> strands;
  for (std::size_t i = 0; i < 60; ++i) strands.push_back({i * 256, 256});
  std::vector<unsigned> seen(60);
  for (std::size_t turn = 0; turn < 6; ++turn) {
    for (const Strand& strand : part_of(strands, turn)) ++seen[strand.first_row / 256];
  }
  for (const unsigned count : seen) CHECK(count == 1);
  strands.resize(8);
  CHECK(part_of(strands, 3).size() == 8);
  CHECK(part_of({{0, 100000}}, 3).size() == 1);
  CHECK(part_of({}, 1).empty());
}
