#include "quantize/enc_trellis.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "quantize/enc_trellis_kernels.hpp"

namespace actz {

namespace {

constexpr float kRateUnits = 256;

std::uint64_t rate_units(const float* bits, int index) {
  const float units = kRateUnits * bits[std::clamp(index, -ContextRates::kWindow, ContextRates::kWindow)];
  return static_cast<std::uint64_t>(std::lrintf(std::min(units, 65535.0F)));
}

void fill_rates(const ContextRates& rates, unsigned state_bits, AlignedVector<std::uint64_t>& out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto in_table = static_cast<std::int32_t>(i % TrellisRates::kEntries);
    const float* const bits = rates.bits() + i / TrellisRates::kEntries * ContextRates::kStride + ContextRates::kWindow;
    const std::int32_t sign = in_table > TrellisRates::kWindow ? -1 : 1;
    const std::int32_t below = in_table % (TrellisRates::kWindow + 1);
    const std::int32_t first = state_bits == 0 ? below : (below + 1) & ~1;
    const std::int32_t second = state_bits == 0 ? std::max(below - 1, 0) : below | 1;
    out[i] = rate_units(bits, sign * first) | rate_units(bits, sign * second) << 16 | rate_units(bits, 0) << 32;
  }
}

}  // namespace

TrellisKernel select_trellis_kernel([[maybe_unused]] CpuKernel kernel, unsigned state_bits, TrellisContexts contexts) {
#if defined(__x86_64__)
  if (kernel == CpuKernel::avx512) return trellis_kernel_avx512(state_bits, contexts);
  if (kernel == CpuKernel::avx2) return trellis_kernel_avx2(state_bits, contexts);
#endif
  return trellis_kernel_scalar(state_bits, contexts);
}

TrellisQuantizer::TrellisQuantizer(const ContextModel& model, const ContextRates& rates, unsigned state_bits,
                                   const std::vector<float>& column_energy, float lambda, TrellisContexts contexts)
    : rates_(model.tables.classes.size() * TrellisRates::kEntries), state_bits_(state_bits), contexts_(contexts) {
  const bool optimize = lambda > 0;
  if (optimize) fill_rates(rates, state_bits, rates_);
  for (std::size_t k = 0; k < model.coefficients(); ++k) {
    Coefficient out{};
    out.energy_over_lambda = optimize ? kRateUnits * column_energy[k] / lambda : 1.0F;
    out.weight = model.weight[k];
    out.raw_bits = model.raw_bits[k];
    out.raw_cost = optimize ? kRateUnits * static_cast<float>(model.raw_bits[k]) : 0.0F;
    for (unsigned bin = 0; bin < kMaxBins; ++bin) {
      for (unsigned quantizer = 0; quantizer < 2; ++quantizer) {
        const unsigned table = model.table(k, std::min(bin, model.bins - 1), std::min(quantizer, model.quantizers - 1));
        out.first_rates[bin * 2 + quantizer] = static_cast<std::int32_t>(table) * TrellisRates::kEntries;
      }
    }
    coefficients_.push_back(out);
  }
  tables_ = {coefficients_.data(), coefficients_.size(), rates_.data(), {}};
  std::fill(std::begin(tables_.thresholds), std::end(tables_.thresholds), std::numeric_limits<std::int32_t>::max());
  std::copy(model.thresholds.begin(), model.thresholds.end(), tables_.thresholds);
}

void TrellisQuantizer::quantize(std::span<const float* const> coefficients,
                                std::span<std::int16_t* const> levels) const {
  const TrellisKernel kernel = select_trellis_kernel(active_cpu_kernel(), state_bits_, contexts_);
  const std::size_t count = tables_.count;
  AlignedVector<float> transposed(count * kTrellisRows);
  AlignedVector<std::int16_t> out(count * kTrellisRows);
  std::vector<TrellisStep> steps(count);
  for (std::size_t first = 0; first < coefficients.size(); first += kTrellisRows) {
    const std::size_t rows = std::min(kTrellisRows, coefficients.size() - first);
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t k = 0; k < count; ++k) {
        transposed[k * kTrellisRows + i] =
            std::clamp(coefficients[first + i][k], -kLargestCoefficient, kLargestCoefficient);
      }
    }
    kernel(tables_, transposed.data(), steps.data(), out.data());
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t k = 0; k < count; ++k) levels[first + i][k] = out[k * kTrellisRows + i];
    }
  }
}

}  // namespace actz
