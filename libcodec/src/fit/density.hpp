#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "actz/profile.hpp"
#include "fit/class_fit.hpp"

namespace actz {

/// Counts as a table is made of them: the counts themselves over a prior, or a density that was fitted to them, over a
/// range wide enough for values not seen.
/// @param wanted  automatic: the counts over whatever prior explains them best (Dirichlet–multinomial evidence), which
///   with many counts is no other than histogram.
Histogram estimate_counts(const Histogram& counts, Density wanted);

/// Masses of a density fitted to counts by maximum likelihood, at integers from counts.lowest − margin on.
/// @param counts  not empty.
/// @return one for each of counts.count.size() + 2 · margin integers; in sum at most 1.
std::vector<double> fit_gaussian(const Histogram& counts, std::size_t margin);
std::vector<double> fit_laplace(const Histogram& counts, std::size_t margin);
std::vector<double> fit_logistic(const Histogram& counts, std::size_t margin);
/// A member of these three families.
std::vector<double> scaled_masses(Density family, const Histogram& counts, std::size_t margin, double centre,
                                  double scale);
/// Three Gaussians, by expectation–maximisation.
std::vector<double> fit_mixture(const Histogram& counts, std::size_t margin);
/// The monotone network of Ballé et al. 2018, "Variational image compression with a scale hyperprior", appendix 6.1:
/// four layers, three units wide.
std::vector<double> fit_factorized(const Histogram& counts, std::size_t margin);
/// The squared Fourier series of De la Fuente et al. 2024, "Fourier basis density model", on a line mapped by tanh.
std::vector<double> fit_fourier(const Histogram& counts, std::size_t margin);

struct CountMoments {
  double total = 0;
  double mean = 0;
  double deviation = 0;
};
CountMoments moments_of(const Histogram& counts);

/// Gradient descent with the steps of Kingma & Ba 2015, "Adam".
class Adam {
 public:
  Adam(std::size_t parameters, double rate) : rate_(rate), mean_(parameters), square_(parameters) {}
  /// Moves parameters against a gradient.
  void step(std::span<double> parameters, std::span<const double> gradient);

 private:
  double rate_;
  double mean_power_ = 1, square_power_ = 1;
  std::vector<double> mean_, square_;
};

}  // namespace actz
