#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "actz/profile.hpp"
#include "fit/class_fit.hpp"

namespace actz {

/// Losses of a family of densities over the integers of an alphabet, −log2 of the mass, at most clip_bits. What is
/// outside of the alphabet costs clip_bits, too.
class ClippedFamily {
 public:
  /// @param train  counts, not empty; the alphabet reaches a little beyond them.
  ClippedFamily(const Histogram& train, Density family, unsigned clip_bits);

  /// Loss of each integer of the alphabet under the member that costs the counts least.
  const std::vector<double>& best_losses() const { return best_; }
  /// Sum of those losses over counts.
  double bits(const Histogram& counts) const;

  /// Whether rademacher_sum() is known: histogram (exactly), gaussian, laplace, logistic (over a grid of members).
  bool has_complexity() const;
  /// max over the family of Σ σ_i · loss(x_i), for random signs σ of the counts.
  double rademacher_sum(std::mt19937_64& random) const;

 private:
  double largest_sum(const std::vector<double>& signed_counts) const;

  Histogram train_;
  Density family_;
  double clip_bits_;
  std::int32_t lowest_;
  std::vector<double> best_;
  std::vector<std::vector<float>> members_;  ///< losses of members on a grid
};

/// Masses of at least `floor` and in sum 1 with the greatest Σ weight · ln(mass).
/// @param weights  not negative; floor · their number is below 1.
std::vector<double> floored_masses(const std::vector<double>& weights, double floor);

}  // namespace actz
