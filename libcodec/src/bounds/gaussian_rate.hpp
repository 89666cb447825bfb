#pragma once

#include <span>

namespace actz {

/// In bits per component. Formulas: docs/bounds.md.

/// R(D) of a Gaussian source whose covariance has these eigenvalues, at a mean squared error per component: reverse
/// water-filling (Cover & Thomas, Elements of Information Theory, 2nd edition, theorem 10.3.3).
double gaussian_rate(std::span<const double> variances, double distortion);

/// Entropy of vectors of integers whose covariance has these eigenvalues, at most: that of the integers is the
/// differential entropy of their sum with uniform noise of width 1, which a Gaussian of its covariance exceeds (Cover &
/// Thomas, theorem 8.6.5).
double gaussian_entropy(std::span<const double> variances);

}  // namespace actz
