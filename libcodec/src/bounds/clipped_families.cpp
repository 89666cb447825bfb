#include "bounds/clipped_families.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "fit/density.hpp"

namespace actz {
namespace {

constexpr int kCentres = 13, kScales = 25;  ///< of the grid of members
constexpr double kCentreReach = 1.5;        ///< in deviations
constexpr double kScaleReach = 16;          ///< factor, to both sides

/// Integers beyond the counts that the alphabet has, to each side.
std::size_t margin_of(const Histogram& counts, unsigned clip_bits) {
  const auto room = static_cast<std::size_t>(1) << (clip_bits - 1);
  const auto wanted = static_cast<std::size_t>(std::ceil(moments_of(counts).deviation)) + 2;
  return counts.count.size() >= room ? 0 : std::min(wanted, (room - counts.count.size()) / 2);
}

std::vector<double> losses_of(std::vector<double> masses, double clip_bits) {
  for (double& mass : masses) mass = std::min(mass > 0 ? -std::log2(mass) : clip_bits, clip_bits);
  return masses;
}

}  // namespace

std::vector<double> floored_masses(const std::vector<double>& weights, double floor) {
  // mass = max(floor, weight / λ): those below the floor are found from the smallest weight on.
  std::vector<double> sorted = weights;
  std::sort(sorted.begin(), sorted.end());
  double above = std::accumulate(sorted.begin(), sorted.end(), 0.0);
  std::vector<double> out(weights.size(), floor);
  if (above <= 0) {  // nothing to weigh
    std::fill(out.begin(), out.end(), 1.0 / static_cast<double>(weights.size()));
    return out;
  }
  double rest = 1;
  double lambda = above;
  for (const double weight : sorted) {
    if (weight / lambda >= floor) break;
    above -= weight;
    rest -= floor;
    lambda = above / rest;
  }
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = std::max(floor, weights[i] / lambda);
  return out;
}

ClippedFamily::ClippedFamily(const Histogram& train, Density family, unsigned clip_bits)
    : train_(train), family_(family), clip_bits_(clip_bits) {
  const std::size_t margin = margin_of(train, clip_bits);
  lowest_ = train.lowest - static_cast<std::int32_t>(margin);
  switch (family) {
    case Density::gaussian: best_ = fit_gaussian(train, margin); break;
    case Density::laplace: best_ = fit_laplace(train, margin); break;
    case Density::logistic: best_ = fit_logistic(train, margin); break;
    case Density::mixture: best_ = fit_mixture(train, margin); break;
    case Density::factorized: best_ = fit_factorized(train, margin); break;
    case Density::fourier: best_ = fit_fourier(train, margin); break;
    default: {
      std::vector<double> weights(train.count.size() + 2 * margin);
      std::copy(train.count.begin(), train.count.end(), weights.begin() + static_cast<std::ptrdiff_t>(margin));
      best_ = floored_masses(weights, std::exp2(-clip_bits_));
    }
  }
  best_ = losses_of(std::move(best_), clip_bits_);
  if (!has_complexity() || family == Density::histogram) return;
  const CountMoments moments = moments_of(train);
  const double deviation = std::max(moments.deviation, 0.3);
  for (int i = 0; i < kScales; ++i) {
    const double scale = deviation * std::pow(kScaleReach, 2.0 * i / (kScales - 1) - 1);
    for (int j = 0; j < kCentres; ++j) {
      const double centre = moments.mean + deviation * kCentreReach * (2.0 * j / (kCentres - 1) - 1);
      const std::vector<double> losses = losses_of(scaled_masses(family, train, margin, centre, scale), clip_bits_);
      members_.emplace_back(losses.begin(), losses.end());
    }
  }
}

double ClippedFamily::bits(const Histogram& counts) const {
  double sum = 0;
  for (std::size_t i = 0; i < counts.count.size(); ++i) {
    const std::int64_t at = std::int64_t{counts.lowest} + static_cast<std::int64_t>(i) - lowest_;
    const bool inside = at >= 0 && at < static_cast<std::int64_t>(best_.size());
    sum += counts.count[i] * (inside ? best_[static_cast<std::size_t>(at)] : clip_bits_);
  }
  return sum;
}

bool ClippedFamily::has_complexity() const {
  return family_ == Density::histogram || family_ == Density::gaussian || family_ == Density::laplace ||
         family_ == Density::logistic;
}

double ClippedFamily::rademacher_sum(std::mt19937_64& random) const {
  std::vector<double> signed_counts(best_.size());
  const auto first = static_cast<std::size_t>(train_.lowest - lowest_);
  for (std::size_t i = 0; i < train_.count.size(); ++i) {
    const auto count = static_cast<std::int64_t>(train_.count[i]);
    std::binomial_distribution<std::int64_t> plus(count, 0.5);
    signed_counts[first + i] = static_cast<double>(2 * plus(random) - count);
  }
  return largest_sum(signed_counts);
}

double ClippedFamily::largest_sum(const std::vector<double>& signed_counts) const {
  if (family_ == Density::histogram) {
    // A loss with a positive sign is largest at the floor, which also leaves most mass for the others; among those
    // Σ |s| · ln(mass) is to be greatest.
    std::vector<double> weights;
    for (const double count : signed_counts) weights.push_back(std::max(-count, 0.0));
    const std::vector<double> masses = floored_masses(weights, std::exp2(-clip_bits_));
    double sum = 0;
    for (std::size_t i = 0; i < masses.size(); ++i)
      sum += signed_counts[i] * (signed_counts[i] > 0 ? clip_bits_ : -std::log2(masses[i]));
    return sum;
  }
  double best = -std::numeric_limits<double>::infinity();
  for (const std::vector<float>& member : members_) {
    double sum = 0;
    for (std::size_t i = 0; i < member.size(); ++i) sum += signed_counts[i] * double{member[i]};
    best = std::max(best, sum);
  }
  return best;
}

}  // namespace actz
