#include "quantize/enc_uniform.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "model/enc_symbol_bits.hpp"

namespace actz {
namespace {

constexpr float kLargestValue = 32767.0F;

}  // namespace

RateTable::RateTable(const StaticModel& model) : class_of_(model.class_of) {
  for (unsigned c = 0; c < model.tables.classes.size(); ++c) {
    for (int value = -kWindow; value <= kWindow; ++value) table_.push_back(symbol_bits(model, c, value));
  }
}

RateTable RateTable::geometric(std::size_t coefficients) {
  RateTable out;
  out.class_of_.assign(coefficients, 0);
  for (int value = -kWindow; value <= kWindow; ++value) {
    out.table_.push_back(1.0F + 1.2F * static_cast<float>(std::abs(value)));
  }
  return out;
}

float RateTable::bits(std::size_t coefficient, int value) const {
  // Beyond the window the slope no longer decides anything: one step down in magnitude costs about the same.
  return window(coefficient)[kWindow + std::clamp(value, -kWindow, kWindow)];
}

UniformQuantizer::UniformQuantizer(RateTable rates, std::vector<float> column_energy, float lambda)
    : rates_(std::move(rates)), energy_over_lambda_(std::move(column_energy)), optimize_(lambda > 0) {
  for (float& energy : energy_over_lambda_) energy = optimize_ ? energy / lambda : 1.0F;
}

void UniformQuantizer::quantize(std::span<const float* const> coefficients, std::span<std::int16_t* const> levels) const {
  for (std::size_t i = 0; i < coefficients.size(); ++i) quantize_row(coefficients[i], levels[i]);
}

void UniformQuantizer::quantize_row(const float* coefficients, std::int16_t* values) const {
  for (std::size_t k = 0; k < energy_over_lambda_.size(); ++k) {
    const float coefficient = std::clamp(coefficients[k], -kLargestValue, kLargestValue);
    const int nearest = static_cast<int>(std::lrintf(coefficient));
    int best = nearest;
    if (optimize_ && nearest != 0 && std::abs(nearest) <= RateTable::kWindow) {
      const float* bits = rates_.window(k) + RateTable::kWindow;
      const auto cost = [&](int value) {
        const float error = coefficient - static_cast<float>(value);
        return energy_over_lambda_[k] * error * error + bits[value];
      };
      float best_cost = cost(nearest);
      const int inner = nearest > 0 ? nearest - 1 : nearest + 1;
      if (const float inner_cost = cost(inner); inner_cost < best_cost) {
        best = inner;
        best_cost = inner_cost;
      }
      if (std::abs(nearest) == 2 && cost(0) < best_cost) best = 0;
    }
    values[k] = static_cast<std::int16_t>(best);
  }
}

}  // namespace actz
