#include "bounds/gaussian_rate.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace actz {

double gaussian_rate(std::span<const double> variances, double distortion) {
  const double wanted = distortion * static_cast<double>(variances.size());
  double low = 0, high = variances.empty() ? 0 : *std::max_element(variances.begin(), variances.end());
  const auto spilt = [&](double water) {
    double sum = 0;
    for (const double variance : variances) sum += std::min(variance, water);
    return sum;
  };
  if (spilt(high) <= wanted) return 0;
  for (unsigned step = 0; step < 200; ++step) {
    const double water = (low + high) / 2;
    (spilt(water) < wanted ? low : high) = water;
  }
  double bits = 0;
  for (const double variance : variances) {
    if (variance > high) bits += 0.5 * std::log2(variance / high);
  }
  return bits / static_cast<double>(variances.size());
}

double gaussian_entropy(std::span<const double> variances) {
  double bits = 0;
  for (const double variance : variances)
    bits += 0.5 * std::log2(2 * std::numbers::pi * std::numbers::e * (variance + 1.0 / 12));
  return bits / static_cast<double>(variances.size());
}

}  // namespace actz
