#include "rows/enc_coefficient_cost.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <numbers>

#include "rows/enc_lossy_rows.hpp"

namespace actz {
namespace {

/// log2 of a positive number, linear between powers of two: at most 0.09 too small.
float rough_log2(float value) {
  return static_cast<float>(std::bit_cast<std::int32_t>(value) - 0x3F800000) * (1.0F / (1 << 23));
}

}  // namespace

CoefficientCost::CoefficientCost(unsigned state_bits) {
  const double lambda = state_bits == 0 ? kLambdaPerStepSquared : kLambdaPerHalfStepSquared;
  const double squared_noise = state_bits == 0 ? 1.0 / 12 : kDependentNoise;
  per_square = static_cast<float>(1 / lambda);
  noise = static_cast<float>(squared_noise / lambda);
  // The entropy of a Gaussian on the cells of a grid: ½ log2(2πe σ² / cell²), cell² = 12 · noise.
  scale = static_cast<float>(2 * std::numbers::pi * std::numbers::e / (12 * squared_noise));
}

float CoefficientCost::bits(const float* coefficients, std::size_t count) const {
  float sum = 0;
  for (std::size_t k = 0; k < count; ++k) {
    const float square = coefficients[k] * coefficients[k];
    const float coded = noise + 0.5F * rough_log2(1.0F + scale * square);
    sum += std::min(per_square * square, coded);
  }
  return sum;
}

}  // namespace actz
