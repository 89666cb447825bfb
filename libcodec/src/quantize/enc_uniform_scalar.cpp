#include <algorithm>
#include <cmath>

#include "quantize/enc_uniform_kernels.hpp"

namespace actz {

// Candidates are the nearest integer, the one below it in magnitude, and 0 where it is two steps away; of equal costs
// the first wins. Beyond the window a step costs no bits, and the nearest wins.
void uniform_from(const UniformQuantizer::Tables& tables, std::size_t first, const float* coefficients,
                  std::int16_t* levels) {
  for (std::size_t k = first; k < tables.count; ++k) {
    const int sign = std::signbit(coefficients[k]) ? -1 : 1;
    const float absolute = std::fabs(coefficients[k]);
    const float magnitude = absolute < kLargestLevel ? absolute : kLargestLevel;  // of no number, too
    const float energy = tables.distortion_weight * tables.energy_over_lambda[k];
    const auto cost = [&](int level) {
      const float error = magnitude - static_cast<float>(level);
      const int in_window = std::min(level, RateTable::kWindow);
      return energy * error * error + tables.bits[tables.zero_index[k] + sign * in_window];
    };
    const auto nearest = static_cast<int>(magnitude + 0.5F);
    int best = nearest;
    if (nearest > 0) {
      float best_cost = cost(nearest);
      if (const float inner_cost = cost(nearest - 1); inner_cost < best_cost) {
        best = nearest - 1;
        best_cost = inner_cost;
      }
      if (nearest == 2 && cost(0) < best_cost) best = 0;
    }
    levels[k] = static_cast<std::int16_t>(sign * best);
  }
}

void uniform_scalar(const UniformQuantizer::Tables& tables, const float* coefficients, std::int16_t* levels) {
  uniform_from(tables, 0, coefficients, levels);
}

}  // namespace actz
