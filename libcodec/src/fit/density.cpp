#include "fit/density.hpp"

#include <algorithm>
#include <cmath>

namespace actz {
namespace {

/// With so many counts in a table, priors gain nothing that could be measured (docs/decisions/0016-densities.md).
constexpr double kEnoughCounts = 2500;
constexpr double kMarginDeviations = 8;                           ///< integers beyond those seen
constexpr double kLeastMass = 1e-9;                               ///< of an integer within the margins
constexpr double kPriorStrengths[] = {2, 8, 32, 128, 512, 2048};  ///< pseudo-counts

std::size_t margin_of(const Histogram& counts) {
  return static_cast<std::size_t>(std::ceil(kMarginDeviations * (moments_of(counts).deviation + 0.05))) + 1;
}

std::vector<double> masses_of(Density family, const Histogram& counts, std::size_t margin) {
  switch (family) {
    case Density::gaussian: return fit_gaussian(counts, margin);
    case Density::laplace: return fit_laplace(counts, margin);
    case Density::logistic: return fit_logistic(counts, margin);
    case Density::mixture: return fit_mixture(counts, margin);
    case Density::factorized: return fit_factorized(counts, margin);
    default: return fit_fourier(counts, margin);
  }
}

/// Pseudo-counts of a density, over the margins.
Histogram spread_out(const Histogram& counts, std::vector<double> masses, std::size_t margin, double strength) {
  Histogram out;
  out.lowest = counts.lowest - static_cast<std::int32_t>(margin);
  for (double& mass : masses) mass = strength * std::max(mass, kLeastMass);
  out.count = std::move(masses);
  return out;
}

/// ln of the probability of counts whose density is drawn from a Dirichlet distribution.
double log_evidence(const Histogram& counts, const Histogram& pseudo) {
  const double strength = pseudo.total();
  double out = std::lgamma(strength) - std::lgamma(strength + counts.total());
  const auto first = static_cast<std::size_t>(counts.lowest - pseudo.lowest);
  for (std::size_t i = 0; i < counts.count.size(); ++i) {
    const double before = pseudo.count[first + i];
    if (counts.count[i] > 0) out += std::lgamma(before + counts.count[i]) - std::lgamma(before);
  }
  return out;
}

/// The prior of with_prior, alone.
Histogram geometric_prior(const Histogram& counts) {
  Histogram out = with_prior(counts);
  for (std::size_t i = 0; i < counts.count.size(); ++i) {
    out.count[static_cast<std::size_t>(counts.lowest - out.lowest) + i] -= counts.count[i];
  }
  for (double& count : out.count) count = std::max(count, kLeastMass);
  return out;
}

Histogram over_best_prior(const Histogram& counts) {
  const std::size_t margin = margin_of(counts);
  Histogram best = geometric_prior(counts);
  double best_evidence = log_evidence(counts, best);
  for (const Density family : {Density::gaussian, Density::laplace, Density::logistic, Density::mixture}) {
    const std::vector<double> masses = masses_of(family, counts, margin);
    for (const double strength : kPriorStrengths) {
      Histogram pseudo = spread_out(counts, masses, margin, strength);
      const double evidence = log_evidence(counts, pseudo);
      if (evidence <= best_evidence) continue;
      best_evidence = evidence;
      best = std::move(pseudo);
    }
  }
  best.add(counts);
  return best;
}

}  // namespace

CountMoments moments_of(const Histogram& counts) {
  CountMoments out;
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < counts.count.size(); ++i) {
    const double value = counts.lowest + static_cast<double>(i);
    out.total += counts.count[i];
    sum += counts.count[i] * value;
    squares += counts.count[i] * value * value;
  }
  if (out.total <= 0) return out;
  out.mean = sum / out.total;
  out.deviation = std::sqrt(std::max(squares / out.total - out.mean * out.mean, 0.0));
  return out;
}

Histogram estimate_counts(const Histogram& counts, Density wanted) {
  const double total = counts.total();
  if (wanted == Density::histogram || total <= 0 || (wanted == Density::automatic && total > kEnoughCounts))
    return with_prior(counts);
  if (wanted == Density::automatic) return over_best_prior(counts);
  const std::size_t margin = margin_of(counts);
  return spread_out(counts, masses_of(wanted, counts, margin), margin, total);
}

void Adam::step(std::span<double> parameters, std::span<const double> gradient) {
  constexpr double kMeanDecay = 0.9, kSquareDecay = 0.999, kFloor = 1e-8;
  mean_power_ *= kMeanDecay;
  square_power_ *= kSquareDecay;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    mean_[i] = kMeanDecay * mean_[i] + (1 - kMeanDecay) * gradient[i];
    square_[i] = kSquareDecay * square_[i] + (1 - kSquareDecay) * gradient[i] * gradient[i];
    const double mean = mean_[i] / (1 - mean_power_), square = square_[i] / (1 - square_power_);
    parameters[i] -= rate_ * mean / (std::sqrt(square) + kFloor);
  }
}

}  // namespace actz
