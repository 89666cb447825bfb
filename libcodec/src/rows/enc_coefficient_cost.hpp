#pragma once

#include <cstddef>

namespace actz {

/// What a coefficient costs before it is quantised: the lesser of leaving it out, and of its bits at high rate with the
/// quantiser's noise. In bits; distortion is divided by λ.
struct CoefficientCost {
  float per_square;  ///< bits that the square of one left out is worth
  float noise;       ///< bits that the noise of one coded is worth
  float scale;       ///< bits: ½ log2(1 + scale · square)

  explicit CoefficientCost(unsigned state_bits);

  /// Of a row of coefficients.
  float bits(const float* coefficients, std::size_t count) const;
  /// Noise of a coefficient that is coded, in squared levels.
  double squared_noise() const { return double{noise} / double{per_square}; }
};

}  // namespace actz
