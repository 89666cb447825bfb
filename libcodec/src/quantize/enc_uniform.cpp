#include "quantize/enc_uniform.hpp"

#include <algorithm>
#include <cstdlib>

#include "model/enc_symbol_bits.hpp"
#include "quantize/enc_uniform_kernels.hpp"

namespace actz {

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

UniformKernel select_uniform_kernel([[maybe_unused]] CpuKernel kernel) {
#if defined(__x86_64__)
  if (kernel == CpuKernel::avx512) return uniform_avx512;
  if (kernel == CpuKernel::avx2) return uniform_avx2;
#endif
  return uniform_scalar;
}

UniformQuantizer::UniformQuantizer(const RateTable& rates, std::vector<float> column_energy, float lambda)
    : energy_over_lambda_(std::move(column_energy)), bits_(rates.bits()) {
  const bool optimize = lambda > 0;
  if (!optimize) std::fill(bits_.begin(), bits_.end(), 0.0F);
  for (std::size_t k = 0; k < energy_over_lambda_.size(); ++k) {
    energy_over_lambda_[k] = optimize ? energy_over_lambda_[k] / lambda : 1.0F;
    zero_index_.push_back(rates.zero_index(k));
    zero_bits_.push_back(bits_[static_cast<std::size_t>(zero_index_.back())]);
  }
}

void UniformQuantizer::quantize(std::span<const float* const> coefficients, std::span<std::int16_t* const> levels,
                                std::span<const std::int32_t> /*activity*/, std::span<const float> slopes) const {
  const UniformKernel kernel = select_uniform_kernel(active_cpu_kernel());
  Tables tables{
      energy_over_lambda_.data(), zero_index_.data(), zero_bits_.data(), bits_.data(), zero_index_.size(), 1.0F};
  for (std::size_t i = 0; i < coefficients.size(); ++i) {
    if (!slopes.empty()) tables.distortion_weight = 1.0F / slopes[i];
    kernel(tables, coefficients[i], levels[i]);
  }
}

}  // namespace actz
