#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "fit/density.hpp"

namespace actz {
namespace {

constexpr double kLeastScale = 0.02;   ///< nearly all mass in one integer
constexpr unsigned kSearchSteps = 24;  ///< to 5e-5 of the scale, of which the likelihood at its peak shows the square
constexpr unsigned kSearchRounds = 2;

using Distribution = double (*)(double);  ///< cumulative, of scale 1 around 0

double gaussian_below(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }
double laplace_below(double x) { return x < 0 ? 0.5 * std::exp(x) : 1 - 0.5 * std::exp(-x); }
double logistic_below(double x) { return 1 / (1 + std::exp(-x)); }

/// Masses of [value − ½, value + ½] for values one after the other, from the side where nothing cancels. Neighbours
/// share an edge, which is looked up once.
class Masses {
 public:
  Masses(Distribution below, double centre, double scale) : below_(below), centre_(centre), scale_(scale) {}

  double of(double value) {
    const double from = (value - 0.5 - centre_) / scale_, to = (value + 0.5 - centre_) / scale_;
    const double side = from + to > 0 ? -1 : 1;  // all three distributions are symmetric
    const double at_from = side * from == edge_ ? at_edge_ : below_(side * from);
    edge_ = side * to;
    at_edge_ = below_(edge_);
    return side * (at_edge_ - at_from);
  }

 private:
  Distribution below_;
  double centre_, scale_;
  double edge_ = std::numeric_limits<double>::quiet_NaN(), at_edge_ = 0;
};

std::vector<double> masses(Distribution below, const Histogram& counts, std::size_t margin, double centre,
                           double scale) {
  std::vector<double> out;
  Masses mass(below, centre, scale);
  const double first = counts.lowest - static_cast<double>(margin);
  for (std::size_t i = 0; i < counts.count.size() + 2 * margin; ++i)
    out.push_back(mass.of(first + static_cast<double>(i)));
  return out;
}

double log_likelihood(Distribution below, const Histogram& counts, double centre, double scale) {
  double sum = 0;
  Masses mass(below, centre, scale);
  for (std::size_t i = 0; i < counts.count.size(); ++i) {
    if (counts.count[i] <= 0) continue;
    const double value = counts.lowest + static_cast<double>(i);
    sum += counts.count[i] * std::log(std::max(mass.of(value), 1e-300));
  }
  return sum;
}

/// The greatest value of a function with one peak (golden-section search).
template <class Function>
double peak_of(Function value, double low, double high) {
  constexpr double kGolden = 0.6180339887498949;
  double a = high - kGolden * (high - low), b = low + kGolden * (high - low);
  double at_a = value(a), at_b = value(b);
  for (unsigned step = 0; step < kSearchSteps; ++step) {
    if (at_a < at_b) {
      low = a;
      a = b;
      at_a = at_b;
      at_b = value(b = low + kGolden * (high - low));
    } else {
      high = b;
      b = a;
      at_b = at_a;
      at_a = value(a = high - kGolden * (high - low));
    }
  }
  return (low + high) / 2;
}

/// Centre and scale by maximum likelihood, in turns.
std::vector<double> fit_scaled(Distribution below, const Histogram& counts, std::size_t margin) {
  const CountMoments moments = moments_of(counts);
  const double reach = moments.deviation + 0.5;
  double centre = moments.mean, scale = std::max(moments.deviation, kLeastScale);
  for (unsigned round = 0; round < kSearchRounds; ++round) {
    scale = std::exp(peak_of([&](double x) { return log_likelihood(below, counts, centre, std::exp(x)); },
                             std::log(kLeastScale), std::log(4 * reach)));
    centre = peak_of([&](double x) { return log_likelihood(below, counts, x, scale); }, moments.mean - reach,
                     moments.mean + reach);
  }
  return masses(below, counts, margin, centre, scale);
}

struct Component {
  double weight, centre, scale;
};

}  // namespace

std::vector<double> fit_gaussian(const Histogram& counts, std::size_t margin) {
  return fit_scaled(gaussian_below, counts, margin);
}

std::vector<double> fit_laplace(const Histogram& counts, std::size_t margin) {
  return fit_scaled(laplace_below, counts, margin);
}

std::vector<double> fit_logistic(const Histogram& counts, std::size_t margin) {
  return fit_scaled(logistic_below, counts, margin);
}

std::vector<double> scaled_masses(Density family, const Histogram& counts, std::size_t margin, double centre,
                                  double scale) {
  const Distribution below = family == Density::gaussian  ? gaussian_below
                             : family == Density::laplace ? laplace_below
                                                          : logistic_below;
  return masses(below, counts, margin, centre, scale);
}

std::vector<double> fit_mixture(const Histogram& counts, std::size_t margin) {
  constexpr unsigned kTurns = 60;
  constexpr double kCellVariance = 1.0 / 12;  // of a value within its integer
  const CountMoments moments = moments_of(counts);
  const double scale = moments.deviation + 0.1;
  std::array<Component, 3> mixture{
      {{0.4, moments.mean, 0.3 * scale}, {0.4, moments.mean, scale}, {0.2, moments.mean, 2.5 * scale}}};
  for (unsigned turn = 0; turn < kTurns; ++turn) {
    std::array<double, 3> weight{}, sum{}, squares{};
    std::array<Masses, 3> mass{{{gaussian_below, mixture[0].centre, mixture[0].scale},
                                {gaussian_below, mixture[1].centre, mixture[1].scale},
                                {gaussian_below, mixture[2].centre, mixture[2].scale}}};
    for (std::size_t i = 0; i < counts.count.size(); ++i) {
      if (counts.count[i] <= 0) continue;
      const double value = counts.lowest + static_cast<double>(i);
      std::array<double, 3> share{};
      double all = 1e-300;
      for (std::size_t j = 0; j < 3; ++j) all += share[j] = mixture[j].weight * mass[j].of(value);
      for (std::size_t j = 0; j < 3; ++j) {
        const double count = counts.count[i] * share[j] / all;
        weight[j] += count;
        sum[j] += count * value;
        squares[j] += count * value * value;
      }
    }
    for (std::size_t j = 0; j < 3; ++j) {
      if (weight[j] < 1e-6) continue;
      const double mean = sum[j] / weight[j];
      const double variance = squares[j] / weight[j] - mean * mean - kCellVariance;
      mixture[j] = {weight[j] / moments.total, mean, std::sqrt(std::max(variance, kLeastScale))};
    }
  }
  std::vector<double> out(counts.count.size() + 2 * margin);
  for (const Component& part : mixture) {
    const std::vector<double> own = masses(gaussian_below, counts, margin, part.centre, part.scale);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] += part.weight * own[i];
  }
  return out;
}

}  // namespace actz
