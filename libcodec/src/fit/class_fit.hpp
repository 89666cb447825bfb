#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "actz/profile.hpp"
#include "model/static_model.hpp"

namespace actz {

/// Counts of the values of one coefficient or class: element i counts value lowest + i.
struct Histogram {
  std::int32_t lowest = 0;
  std::vector<double> count;

  void add(std::int32_t value, double weight = 1.0) {
    const auto index = static_cast<std::size_t>(static_cast<std::int64_t>(value) - lowest);
    if (index < count.size()) count[index] += weight;
    else add_beyond(value, weight);
  }
  void add(const Histogram& other);
  double total() const;

 private:
  void add_beyond(std::int32_t value, double weight);
};

/// Integer frequencies with sum 1 << precision_bits, proportional to `weight` as nearly as the code length allows:
/// every positive weight gets at least 1; the rest is given, one by one, where it saves most bits.
ClassFrequencies normalise_frequencies(std::span<const double> weight, unsigned precision_bits);

/// Counts with a geometric prior of the same mean magnitude, over a range wide enough for held-out data.
Histogram with_prior(const Histogram& histogram);

/// Deviation of the usual values: that of all, or where a few rule that, the one a Gaussian of the same mean logarithm
/// has. Massive tokens must not cost the others raw bits.
/// @param mean_log  of ln(magnitude + ½).
double usual_deviation(double mean_square, double mean_log);

/// Low bits that are uniform to 0.001 bit, and so are stored raw, for values of this standard deviation.
std::uint8_t raw_bits_for(double deviation);

struct ClassFitOptions {
  unsigned precision_bits = 11;
  unsigned max_classes = 64;
  Density density = Density::automatic;
  double class_cost_bits = 0;  ///< side information that one more class must save; 0 when the profile is not counted
};

/// A class of one or more coefficients, in the order of `class_of`, and its integer table.
/// @param histograms  one per coefficient, of the quantised values seen in training.
StaticModel fit_static_model(std::span<const Histogram> histograms, const ClassFitOptions& options);

/// Bits that `model` spends on the values of a histogram in class `class_index`.
double code_length_bits(const StaticModel& model, unsigned class_index, const Histogram& histogram);

/// Groups histograms into at most max_classes, merging neighbours in the order given while that costs fewest bits.
/// Returns the group of each. Shared with the lossless models.
std::vector<std::uint8_t> merge_neighbours(std::span<const Histogram> ordered, unsigned max_groups,
                                           double group_cost_bits);

}  // namespace actz
