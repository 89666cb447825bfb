#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "base/cpu_kernel.hpp"
#include "fit/checked_fit.hpp"
#include "fit/wide_fit.hpp"

using namespace actz;

namespace {

/// Rows with a temporal part of low rank and an innovation correlated in blocks of 32 channels, as bench/make_wide.py
/// writes.
TrainingRows wide_rows(std::size_t strands, std::size_t rows, std::uint32_t channels, unsigned seed) {
  constexpr std::size_t kFactors = 6, kBlock = 32, kSources = 8;
  std::mt19937 structure(1), random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> loading(kFactors * channels), mix(kSources * channels);
  for (float& value : loading) value = normal(structure);
  for (float& value : mix) value = normal(structure);
  TrainingRows out;
  out.channels = channels;
  for (std::size_t strand = 0; strand < strands; ++strand) {
    std::vector<float> factor(kFactors);
    out.train.push_back({strand * rows, rows});
    for (std::size_t t = 0; t < rows; ++t) {
      for (float& value : factor) value = 0.9F * value + 0.44F * normal(random);
      std::vector<float> source;
      for (std::size_t i = 0; i < kSources * ((channels + kBlock - 1) / kBlock); ++i) source.push_back(normal(random));
      for (std::size_t c = 0; c < channels; ++c) {
        float value = 0.05F * normal(random);
        for (std::size_t f = 0; f < kFactors; ++f) value += 0.5F * factor[f] * loading[f * channels + c];
        for (std::size_t s = 0; s < kSources; ++s)
          value += 0.4F * source[c / kBlock * kSources + s] * mix[s * channels + c];
        out.values.push_back(value);
      }
    }
  }
  return out;
}

double bits_at_target(const RungFit& fit, double nmse) {
  return fit.held_out.bits_per_value + 0.5 * std::log2(fit.held_out.nmse / nmse);
}

RungOptions wide_options() {
  RungOptions out;
  out.wide = true;
  out.turns = 3;
  out.precision = {3, 7};
  return out;
}

}  // namespace

TEST_CASE("wide rows take low-rank prediction and blocks, each for a gain") {
  for (const std::uint32_t channels : {320u, 330u}) {
    CAPTURE(channels);
    TrainingRows rows = wide_rows(8, 100, channels, 3);
    hold_out(rows);
    const std::vector<double> mean(channels);
    RungOptions options = wide_options();
    const RungFit full = fit_rung(rows, mean, options);
    CHECK(full.model.predictor.kind == PredictorKind::low_rank);
    CHECK(full.model.synthesis.kind == SynthesisKind::block);
    CHECK(read_model(write_model(full.model)).has_value());
    options.transform = false;
    const RungFit predicted = fit_rung(rows, mean, options);
    options.lags.clear();
    const RungFit plain = fit_rung(rows, mean, options);
    CHECK(plain.model.synthesis.kind == SynthesisKind::diagonal);
    CHECK(bits_at_target(full, 0.02) < bits_at_target(predicted, 0.02) - 0.3);
    CHECK(bits_at_target(predicted, 0.02) < bits_at_target(plain, 0.02) - 0.05);
  }
}

TEST_CASE("a wide fit gives the same model every time") {
  const std::vector<double> mean(192);
  TrainingRows a = wide_rows(5, 40, 192, 4);
  TrainingRows b = a;
  CHECK(write_model(fit_rung(a, mean, wide_options()).model) == write_model(fit_rung(b, mean, wide_options()).model));
}

TEST_CASE("wide fits to a handful of rows hold their error") {
  for (const std::size_t count : {1u, 2u, 5u, 30u}) {
    CAPTURE(count);
    TrainingRows rows = wide_rows(1, count, 160, 5);
    hold_out(rows);
    const RungFit fit = fit_checked_rung(rows, std::vector<double>(160), wide_options());
    CHECK(read_model(write_model(fit.model)).has_value());
    TrainingRows fresh = wide_rows(2, 60, 160, 6);
    const Measured measured =
        try_model(fit.model, fresh, fresh.train, {double{fit.model.unit}, {}, std::nullopt}).measured;
    CHECK(measured.bits_per_value < 16);
    if (count >= 30) CHECK(measured.nmse < 0.08);
  }
}

TEST_CASE("wide rows of noise are coded as they are") {
  TrainingRows rows = wide_rows(6, 50, 256, 7);
  std::mt19937 random(8);
  std::normal_distribution<float> normal;
  for (float& value : rows.values) value = normal(random);
  const RungFit fit = fit_rung(rows, std::vector<double>(256), wide_options());
  CHECK(fit.model.predictor.kind == PredictorKind::none);
  CHECK(fit.model.synthesis.kind == SynthesisKind::diagonal);
}

TEST_CASE("kernels do not change a wide model") {
  const CpuKernel before = active_cpu_kernel();
  std::vector<std::vector<std::byte>> models;
  for (const CpuKernel kernel : supported_cpu_kernels()) {
    REQUIRE(set_cpu_kernel(kernel));
    TrainingRows rows = wide_rows(4, 40, 192, 9);
    models.push_back(write_model(fit_rung(rows, std::vector<double>(192), wide_options()).model));
    CHECK(models.back() == models.front());
  }
  REQUIRE(set_cpu_kernel(before));
}
