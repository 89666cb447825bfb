#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <numeric>
#include <random>

#include "fit/density.hpp"

using namespace actz;

namespace {

using Draw = std::function<double(std::mt19937&)>;

struct Source {
  const char* name;
  Draw draw;
};

double laplace(std::mt19937& random) {
  std::exponential_distribution<double> side(0.25);
  return side(random) * (random() % 2 == 0 ? 1 : -1);
}

double logistic(std::mt19937& random) {
  const double share = std::uniform_real_distribution<double>(1e-9, 1 - 1e-9)(random);
  return 0.7 + 2 * std::log(share / (1 - share));
}

double two_peaks(std::mt19937& random) {
  return std::normal_distribution<double>(random() % 3 == 0 ? 9 : -4, 2)(random);
}

double three_scales(std::mt19937& random) {
  constexpr double kScales[] = {0.6, 3, 8};
  return std::normal_distribution<double>(0, kScales[random() % 3])(random);
}

const Source kGaussian{"gaussian",
                       [](std::mt19937& random) { return std::normal_distribution<double>(-3, 4)(random); }};
const Source kLaplace{"laplace", laplace}, kLogistic{"logistic", logistic}, kTwoPeaks{"two peaks", two_peaks},
    kThreeScales{"three scales", three_scales};

Histogram draw(const Source& source, unsigned count, unsigned seed) {
  std::mt19937 random(seed);
  Histogram out;
  for (unsigned i = 0; i < count; ++i) out.add(static_cast<std::int32_t>(std::lrint(source.draw(random))));
  return out;
}

/// Bits of each count under an estimate; beyond its range those of an escape.
double bits(const Histogram& counts, const Histogram& estimate) {
  constexpr double kEscapeBits = 20;
  const double total = estimate.total();
  double sum = 0;
  for (std::size_t i = 0; i < counts.count.size(); ++i) {
    if (counts.count[i] <= 0) continue;
    const std::int64_t at = std::int64_t{counts.lowest} + static_cast<std::int64_t>(i) - estimate.lowest;
    const bool inside = at >= 0 && at < static_cast<std::int64_t>(estimate.count.size());
    sum += counts.count[i] * (inside ? -std::log2(estimate.count[static_cast<std::size_t>(at)] / total) : kEscapeBits);
  }
  return sum / counts.total();
}

/// Bits beyond those of counts of a million of the same source.
double excess(const Source& source, Density density, unsigned count) {
  const Histogram truth = draw(source, 1000000, 99);
  return bits(truth, estimate_counts(draw(source, count, 1), density)) - bits(truth, truth);
}

constexpr Density kFamilies[] = {Density::gaussian, Density::laplace,    Density::logistic,
                                 Density::mixture,  Density::factorized, Density::fourier};

}  // namespace

TEST_CASE("masses are a distribution") {
  for (const Source& source : {kGaussian, kLaplace, kLogistic, kTwoPeaks, kThreeScales}) {
    CAPTURE(source.name);
    const Histogram counts = draw(source, 3000, 5);
    for (const auto fit : {fit_gaussian, fit_laplace, fit_logistic, fit_mixture, fit_factorized, fit_fourier}) {
      const std::vector<double> masses = fit(counts, 60);
      REQUIRE(masses.size() == counts.count.size() + 120);
      double sum = 0;
      for (const double mass : masses) {
        CHECK(mass >= 0);
        sum += mass;
      }
      CHECK(sum > 0.999);
      CHECK(sum < 1 + 1e-9);
    }
  }
}

TEST_CASE("each family describes its own") {
  CHECK(excess(kGaussian, Density::gaussian, 20000) < 0.0005);
  CHECK(excess(kLaplace, Density::laplace, 20000) < 0.0005);
  CHECK(excess(kLogistic, Density::logistic, 20000) < 0.0005);
  CHECK(excess(kTwoPeaks, Density::mixture, 20000) < 0.001);
  CHECK(excess(kThreeScales, Density::mixture, 20000) < 0.003);
  CHECK(excess(kGaussian, Density::laplace, 20000) > 0.03);
  CHECK(excess(kTwoPeaks, Density::gaussian, 20000) > 0.05);
}

TEST_CASE("densities without a shape of their own describe all") {
  for (const Source& source : {kGaussian, kLaplace, kLogistic, kTwoPeaks, kThreeScales}) {
    CAPTURE(source.name);
    CHECK(excess(source, Density::factorized, 20000) < 0.012);
    CHECK(excess(source, Density::fourier, 20000) < 0.02);
    CHECK(excess(source, Density::histogram, 20000) < 0.01);
  }
}

TEST_CASE("of few counts a density tells more than the counts alone, and is found by itself") {
  for (const Source& source : {kGaussian, kLaplace, kLogistic}) {
    CAPTURE(source.name);
    CHECK(excess(source, Density::automatic, 200) < 0.6 * excess(source, Density::histogram, 200));
    CHECK(excess(source, Density::automatic, 2000) < 0.8 * excess(source, Density::histogram, 2000));
  }
}

TEST_CASE("with many counts they are taken as they are") {
  const Histogram counts = draw(kTwoPeaks, 100000, 3);
  const Histogram automatic = estimate_counts(counts, Density::automatic), plain = with_prior(counts);
  CHECK(automatic.lowest == plain.lowest);
  CHECK(automatic.count == plain.count);
}

TEST_CASE("no count, one value, and far ones are described, too") {
  for (const Density density : kFamilies) {
    CHECK(estimate_counts({}, density).count == with_prior({}).count);
    Histogram one;
    one.add(7, 40);
    const Histogram estimate = estimate_counts(one, density);
    CHECK(estimate.total() <= 41);
    CHECK(bits(one, estimate) < 0.5);
    Histogram far;
    far.add(-3000);
    far.add(0, 500);
    far.add(1, 400);
    CHECK(std::isfinite(bits(far, estimate_counts(far, density))));
  }
}
