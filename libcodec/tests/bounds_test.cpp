#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <numeric>
#include <random>

#include "actz/bounds.hpp"
#include "bounds/clipped_families.hpp"
#include "bounds/gaussian_rate.hpp"

using namespace actz;

namespace {

using Draw = std::function<double(std::mt19937_64&)>;

double gaussian(std::mt19937_64& random) { return std::normal_distribution<double>(0, 3)(random); }
double laplace(std::mt19937_64& random) {
  return std::exponential_distribution<double>(0.4)(random) * (random() % 2 == 0 ? 1 : -1);
}

/// Entropy of a continuous variable rounded to integers, in bits. @param below  its distribution function.
double rounded_entropy(const std::function<double(double)>& below) {
  double sum = 0;
  for (int value = -400; value <= 400; ++value) {
    const double mass = below(value + 0.5) - below(value - 0.5);
    if (mass > 0) sum -= mass * std::log2(mass);
  }
  return sum;
}
double gaussian_below(double x) { return 0.5 * std::erfc(-x / 3 / std::numbers::sqrt2); }
double laplace_below(double x) { return x < 0 ? 0.5 * std::exp(0.4 * x) : 1 - 0.5 * std::exp(-0.4 * x); }

Histogram draw(const Draw& source, std::size_t count, std::mt19937_64& random) {
  Histogram out;
  for (std::size_t i = 0; i < count; ++i) out.add(static_cast<std::int32_t>(std::lrint(source(random))));
  return out;
}

std::vector<float> rows_of(std::size_t rows, std::size_t channels, unsigned seed, double mix) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<float> out;
  for (std::size_t i = 0; i < rows; ++i) {
    double before = 0;
    for (std::size_t c = 0; c < channels; ++c) {
      before = c == 0 ? normal(random) : mix * before + std::sqrt(1 - mix * mix) * normal(random);
      out.push_back(static_cast<float>(before));
    }
  }
  return out;
}

const FamilyBound& family(const BoundsReport& report, const std::string& name) {
  for (const FamilyBound& one : report.families) {
    if (one.family == name) return one;
  }
  FAIL("no such family");
  return report.families.front();
}

}  // namespace

TEST_CASE("floored masses are the best ones") {
  const std::vector<double> weights{0, 5, 1, 0.01, 0};
  const auto masses = floored_masses(weights, 0.01);
  CHECK(std::accumulate(masses.begin(), masses.end(), 0.0) == doctest::Approx(1));
  for (const double mass : masses) CHECK(mass >= 0.01 - 1e-12);
  const auto value = [&](const std::vector<double>& at) {
    double sum = 0;
    for (std::size_t i = 0; i < at.size(); ++i) sum += weights[i] * std::log(at[i]);
    return sum;
  };
  for (std::size_t i = 0; i < weights.size(); ++i) {
    for (std::size_t j = 0; j < weights.size(); ++j) {
      auto other = masses;
      if (other[i] - 0.001 < 0.01) continue;
      other[i] -= 0.001;
      other[j] += 0.001;
      CHECK(value(other) <= value(masses) + 1e-12);
    }
  }
  CHECK(floored_masses({0, 0}, 0.1) == std::vector<double>{0.5, 0.5});
}

TEST_CASE("Gaussian rates of theory") {
  const std::vector<double> one{4.0}, two{9.0, 1.0}, many(5, 100.0);
  CHECK(gaussian_rate(one, 1) == doctest::Approx(1));
  CHECK(gaussian_rate(one, 4) == 0);
  CHECK(gaussian_rate(two, 1) == doctest::Approx(std::log2(9.0) / 4));
  CHECK(gaussian_rate(two, 3) == doctest::Approx(std::log2(9.0 / 5) / 4));  // the small one lies under water
  CHECK(gaussian_entropy(many) == doctest::Approx(0.5 * std::log2(2 * M_PI * M_E * (100 + 1.0 / 12))));
}

TEST_CASE("code lengths of rounded sources are near their entropy, and that of a Gaussian is the largest") {
  std::mt19937_64 random(3);
  for (const auto& [source, below] : {std::pair{Draw(gaussian), std::function<double(double)>(gaussian_below)},
                                      std::pair{Draw(laplace), std::function<double(double)>(laplace_below)}}) {
    const double entropy = rounded_entropy(below);
    const Histogram train = draw(source, 20000, random), test = draw(source, 200000, random);
    double least = 100;
    for (const Density density :
         {Density::histogram, Density::gaussian, Density::laplace, Density::logistic, Density::mixture}) {
      const ClippedFamily member(train, density, 16);
      const double held_out = member.bits(test) / test.total();
      CHECK(held_out > entropy - 0.01);
      least = std::min(least, held_out);
    }
    CHECK(least < entropy + 0.004);
    double square = 0;
    for (std::size_t i = 0; i < train.count.size(); ++i)
      square += train.count[i] * std::pow(train.lowest + static_cast<double>(i), 2) / train.total();
    CHECK(gaussian_entropy(std::vector{square}) > entropy - 0.01);
  }
}

TEST_CASE("the Rademacher complexity of a table of two symbols is that of signs") {
  // Losses of two symbols are 0 … clip bits; with one symbol alone the sum is clip · max(s, 0), whose mean is
  // clip · sqrt(n / 2π).
  Histogram one;
  one.add(0, 400);
  const ClippedFamily member(one, Density::histogram, 8);
  std::mt19937_64 random(5);
  double sum = 0;
  constexpr int kDraws = 4000;
  for (int i = 0; i < kDraws; ++i) sum += member.rademacher_sum(random);
  CHECK(sum / kDraws == doctest::Approx(8 * std::sqrt(400 / (2 * M_PI))).epsilon(0.05).scale(0));
}

TEST_CASE("the bound on the gap holds, is not empty, and falls with the rows") {
  constexpr unsigned kClip = 8;
  constexpr double kConfidence = 0.95;
  std::mt19937_64 random(11);
  for (const auto& [source, below] : {std::pair{Draw(gaussian), std::function<double(double)>(gaussian_below)},
                                      std::pair{Draw(laplace), std::function<double(double)>(laplace_below)}}) {
    const Histogram truth = draw(source, 400000, random);
    double before = 1e9;
    for (const std::size_t rows : {500U, 2000U, 8000U}) {
      unsigned kept = 0;
      double bound = 0, gap = 0;
      constexpr unsigned kResamples = 1000;
      for (unsigned i = 0; i < kResamples; ++i) {
        const Histogram train = draw(source, rows, random);
        const ClippedFamily member(train, Density::histogram, kClip);
        const double n = static_cast<double>(rows);
        double complexity = 0;
        for (unsigned d = 0; d < 4; ++d) complexity += member.rademacher_sum(random) / n / 4;
        const double allowed = 2 * complexity + 3 * kClip * std::sqrt(std::log(2 / (1 - kConfidence)) / (2 * n));
        const double found = member.bits(truth) / truth.total() - member.bits(train) / n;
        kept += found <= allowed;
        bound += allowed / kResamples;
        gap += found / kResamples;
      }
      CHECK(kept >= kConfidence * kResamples);
      CHECK(bound < before);
      CHECK(bound > gap);
      before = bound;
      MESSAGE("rows " << rows << ": gap " << gap << ", bound " << bound);
    }
    CHECK(before < rounded_entropy(below));
  }
}

TEST_CASE("a report of correlated rows") {
  const auto train = rows_of(6000, 8, 1, 0.9), test = rows_of(3000, 8, 2, 0.9);
  BoundsOptions options;
  options.nmse = 0.002;
  options.draws = 8;
  const auto report = measure_bounds(train, test, 8, options);
  REQUIRE(report.has_value());
  CHECK(report->nmse == doctest::Approx(0.002).epsilon(0.01).scale(0));
  // R(D) of an AR(1) row of 8: all components above water.
  const double determinant = std::pow(1 - 0.81, 7.0 / 8);
  CHECK(report->gaussian_rate == doctest::Approx(0.5 * std::log2(determinant / 0.002)).epsilon(0.01).scale(0));
  const FamilyBound& gaussian_family = family(*report, "gaussian");
  CHECK(gaussian_family.train_bits < report->gaussian_entropy + 0.01);
  CHECK(gaussian_family.train_bits > report->gaussian_rate);
  CHECK(gaussian_family.train_bits < report->gaussian_rate + 0.27);  // 0.254 bit of space filling, and a little
  for (const FamilyBound& one : report->families) {
    CAPTURE(one.family);
    CHECK(std::fabs(*one.test_bits - one.train_bits) < 0.06);
    if (one.pac_gap) CHECK(*one.test_bits <= one.train_bits + *one.pac_gap);
  }
  CHECK(*family(*report, "histogram").rademacher > *gaussian_family.rademacher);
  CHECK(!family(*report, "fourier").pac_gap);
  CHECK(family(*report, "histogram").rows_for_gap > 6000);
}

TEST_CASE("the rate of rows that follow from those before") {
  // Each channel an AR(1) process in time, of coefficient 0.9 and variance 1, in sequences of 50 rows.
  constexpr double kCoefficient = 0.9, kNmse = 0.002;
  std::mt19937_64 random(21);
  std::normal_distribution<double> normal;
  std::vector<float> rows;
  for (std::size_t sequence = 0; sequence < 400; ++sequence) {
    std::vector<double> row(4);
    for (std::size_t t = 0; t < 50; ++t) {
      for (double& value : row) {
        value = t == 0 ? normal(random)
                       : kCoefficient * value + std::sqrt(1 - kCoefficient * kCoefficient) * normal(random);
        rows.push_back(static_cast<float>(value));
      }
    }
  }
  BoundsOptions options;
  options.nmse = kNmse;
  options.draws = 2;
  options.lags = {1, 2};
  options.sequence_rows = 50;
  const auto report = measure_bounds(rows, {}, 4, options);
  REQUIRE(report.has_value());
  // The first row of each sequence follows from nothing.
  const double left = (49 * (1 - kCoefficient * kCoefficient) + 1) / 50;
  CHECK(*report->gaussian_rate_with_past == doctest::Approx(0.5 * std::log2(left / kNmse)).epsilon(0.005).scale(0));
  CHECK(report->gaussian_rate == doctest::Approx(0.5 * std::log2(1 / kNmse)).epsilon(0.005).scale(0));
  options.lags = {};
  CHECK(!measure_bounds(rows, {}, 4, options)->gaussian_rate_with_past);
  options.lags = {1, 2, 3};
  CHECK(!measure_bounds(std::span(rows).first(4 * 20), {}, 4, options)->gaussian_rate_with_past);
  options.lags = {0};
  CHECK(measure_bounds(rows, {}, 4, options).error().code == ErrorCode::bad_argument);
}

TEST_CASE("what makes no sense is refused") {
  const std::vector<float> rows(24, 1.0F), some{1, 2, 3, 4, 5, 7};
  CHECK(measure_bounds(rows, {}, 3, {}).error().code == ErrorCode::bad_argument);
  CHECK(measure_bounds(some, {}, 4, {}).error().code == ErrorCode::bad_argument);
  CHECK(measure_bounds(std::vector<float>{1, NAN, 2, 3}, {}, 2, {}).error().code == ErrorCode::bad_argument);
  BoundsOptions options;
  options.confidence = 1;
  CHECK(measure_bounds(some, {}, 2, options).error().code == ErrorCode::bad_argument);
}
