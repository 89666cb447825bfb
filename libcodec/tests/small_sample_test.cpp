#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "coded_tensors.hpp"
#include "fit/checked_fit.hpp"
#include "fit/linear_choice.hpp"
#include "fit/rung_fit.hpp"

using namespace actz;

namespace {

/// Rows that follow their predecessors, of correlated channels whose variances fall.
std::vector<float> following_rows(std::size_t strands, std::size_t rows, std::size_t channels, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> out;
  for (std::size_t strand = 0; strand < strands; ++strand) {
    std::vector<float> row(channels);
    for (std::size_t t = 0; t < rows; ++t) {
      const std::vector<float> before = row;
      for (std::size_t c = 0; c < channels; ++c) {
        row[c] = 0.6F * before[c] + 0.3F * before[(c + 1) % channels] +
                 normal(random) / (1.0F + 0.05F * static_cast<float>(c));
      }
      out.insert(out.end(), row.begin(), row.end());
    }
  }
  return out;
}

TrainingRows training_rows(std::size_t strands, std::size_t rows, std::uint32_t channels, unsigned seed) {
  TrainingRows out;
  out.channels = channels;
  out.values = following_rows(strands, rows, channels, seed);
  for (std::size_t i = 0; i < strands; ++i) out.train.push_back({i * rows, rows});
  return out;
}

/// Error of a model, at its own step, on fresh rows of the same kind.
Measured on_fresh_rows(const CodecModel& model, std::uint32_t channels) {
  TrainingRows fresh = training_rows(8, 128, channels, 99);
  return try_model(model, fresh, fresh.train, {double{model.unit}, {}, std::nullopt}).measured;
}

}  // namespace

TEST_CASE("a fit to fewer rows than unknowns stays near its error on rows it has not seen") {
  constexpr std::uint32_t kChannels = 48;
  for (const std::size_t rows : {1u, 2u, 3u, 7u, 20u, 64u, 96u, 200u}) {
    for (const double nmse : {0.005, 0.08}) {
      CAPTURE(rows);
      CAPTURE(nmse);
      TrainingRows training = training_rows(1, rows, kChannels, 5);
      hold_out(training);
      RungOptions options;
      options.nmse = nmse;
      const RungFit fit = fit_checked_rung(training, std::vector<double>(kChannels), options);
      const Measured fresh = on_fresh_rows(fit.model, kChannels);
      CHECK(std::isfinite(fresh.nmse));
      CHECK(fresh.bits_per_value < 16);
      if (rows >= 20) CHECK(fresh.nmse < 4 * nmse);
      CHECK(read_model(write_model(fit.model)).has_value());
    }
  }
}

TEST_CASE("two hundred rows already pay for prediction and transform") {
  constexpr std::uint32_t kChannels = 32;
  TrainingRows training = training_rows(1, 400, kChannels, 6);
  hold_out(training);
  const std::vector<double> mean(kChannels);
  RungOptions options;
  const RungFit full = fit_checked_rung(training, mean, options);
  options.lags.clear();
  options.transform = false;
  const RungFit plain = fit_rung(training, mean, options);
  const Measured a = on_fresh_rows(full.model, kChannels);
  const Measured b = on_fresh_rows(plain.model, kChannels);
  CHECK(a.bits_per_value + 0.5 * std::log2(a.nmse) < b.bits_per_value + 0.5 * std::log2(b.nmse) - 0.1);
}

TEST_CASE("rows without a past are predicted from nothing") {
  std::mt19937 random(8);
  std::normal_distribution<float> normal;
  TrainingRows training = training_rows(4, 40, 16, 7);
  for (float& value : training.values) value = normal(random);
  RungOptions options;
  CHECK(fit_rung(training, std::vector<double>(16), options).model.predictor.kind == PredictorKind::none);
}

TEST_CASE("rows that are all equal are fitted and coded") {
  TrainingRows training = training_rows(2, 30, 8, 7);
  for (float& value : training.values) value = 0;
  hold_out(training);
  const RungFit fit = fit_checked_rung(training, std::vector<double>(8), {});
  CHECK(read_model(write_model(fit.model)).has_value());
}

TEST_CASE("holding out takes whole strands, or the end of the only one, and leaves something to learn from") {
  TrainingRows several = training_rows(10, 6, 4, 1);
  hold_out(several);
  CHECK(several.held_out.size() == 1);
  CHECK(several.train.size() == 9);
  TrainingRows one = training_rows(1, 9, 4, 1);
  hold_out(one);
  REQUIRE(one.held_out.size() == 1);
  CHECK(one.train.front().row_count == 6);
  CHECK(one.held_out.front().first_row == 6);
  TrainingRows row = training_rows(1, 1, 4, 1);
  hold_out(row);
  CHECK(row.held_out.empty());
  CHECK(row.train.size() == 1);
}

TEST_CASE("folds share out every row once") {
  for (const std::size_t strands : {1u, 2u, 3u, 4u, 9u}) {
    for (const std::size_t rows : {1u, 5u, 40u}) {
      std::vector<Strand> all;
      for (std::size_t i = 0; i < strands; ++i) all.push_back({i * rows, rows});
      std::vector<unsigned> seen(strands * rows);
      const auto folds = make_folds(all, 4, 8);
      CHECK(folds.size() <= 4);
      for (const Fold& fold : folds) {
        for (const Strand& strand : fold) {
          for (std::size_t row = 0; row < strand.row_count; ++row) ++seen[strand.first_row + row];
        }
      }
      for (const unsigned count : seen) CHECK(count == 1);
    }
  }
}

TEST_CASE("a wanted rate is met without a profile, by few rows, far from the usual one") {
  const std::vector<float> values = following_rows(2, 256, 128, 3);
  EncodeOptions options;
  double last_nmse = 1;
  for (const double bits : {0.5, 1.0, 2.0, 6.0}) {
    options.bits_per_value = bits;
    const EncodeReport report = test::encode(values, {2, 256, 128}, options).report;
    const double payload = 8.0 * static_cast<double>(report.output_bytes - report.embedded_model_bytes) /
                           static_cast<double>(report.values);
    CHECK(payload == doctest::Approx(bits).epsilon(0.05).scale(1));
    CHECK(report.nmse < 0.9 * last_nmse);
    last_nmse = report.nmse;
  }
}
