#include "quantize/enc_trellis.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "linear/transpose.hpp"
#include "quantize/enc_trellis_kernels.hpp"
#include "quantize/enc_trellis_row.hpp"

namespace actz {

namespace {

constexpr float kRateUnits = 256;
/// So many rows are quicker one by one, with their states side by side, than as some of 16.
constexpr std::size_t kFewRows = 2;

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

/// Within what the kernels take, since levels are indices there; of what is no number, too.
float limited(float coefficient) {
  const float not_above = coefficient < kLargestCoefficient ? coefficient : kLargestCoefficient;
  return not_above > -kLargestCoefficient ? not_above : -kLargestCoefficient;
}

/// to[k · 16 + row], within what the kernels take; rows that are missing repeat the last.
void gather_columns(std::span<const float* const> rows, std::size_t count, float* to) {
  const float* from[kTrellisRows];
  for (std::size_t i = 0; i < kTrellisRows; ++i) from[i] = rows[std::min(i, rows.size() - 1)];
  for (std::size_t i = 0; i < kTrellisRows; i += 4) {
    for (std::size_t k = 0; k < count; k += 4) transpose_block(from + i, k, to + k * kTrellisRows + i, kTrellisRows);
  }
  for (std::size_t i = 0; i < count * kTrellisRows; ++i) {
    to[i] = limited(to[i]);
  }
}

/// Null where rows are quicker side by side, however few.
TrellisRowKernel select_row_kernel([[maybe_unused]] CpuKernel kernel, [[maybe_unused]] unsigned state_bits,
                                   [[maybe_unused]] TrellisContexts contexts) {
#if defined(__x86_64__)
  if (kernel != CpuKernel::scalar && state_bits > 0) return trellis_row_kernel_avx2(state_bits, contexts);
#endif
  return nullptr;
}

void quantize_each(TrellisRowKernel kernel, TrellisQuantizer::Tables tables, std::span<const float* const> coefficients,
                   std::span<std::int16_t* const> levels, std::span<const std::int32_t> activity,
                   std::span<const float> slopes) {
  const auto taken = std::make_unique_for_overwrite<float[]>(tables.count);
  const auto steps = std::make_unique_for_overwrite<TrellisRowStep[]>(tables.count);
  for (std::size_t row = 0; row < coefficients.size(); ++row) {
    for (std::size_t k = 0; k < tables.count; ++k) {
      taken[k] = limited(coefficients[row][k]);
    }
    const std::int32_t start_activity = activity.empty() ? kActivityStart : activity[row];
    tables.start_activity = &start_activity;
    const float distortion_weight = slopes.empty() ? 1.0F : 1.0F / slopes[row];
    tables.distortion_weight = &distortion_weight;
    kernel(tables, taken.get(), steps.get(), levels[row]);
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
  tables_ = {coefficients_.data(), coefficients_.size(), rates_.data(), {}, nullptr, nullptr};
  std::fill(std::begin(tables_.thresholds), std::end(tables_.thresholds), std::numeric_limits<std::int32_t>::max());
  std::copy(model.thresholds.begin(), model.thresholds.end(), tables_.thresholds);
}

void TrellisQuantizer::quantize(std::span<const float* const> coefficients, std::span<std::int16_t* const> levels,
                                std::span<const std::int32_t> activity, std::span<const float> slopes) const {
  if (coefficients.size() <= kFewRows) {
    const TrellisRowKernel kernel = select_row_kernel(active_cpu_kernel(), state_bits_, contexts_);
    if (kernel != nullptr) return quantize_each(kernel, tables_, coefficients, levels, activity, slopes);
  }
  const TrellisKernel kernel = select_trellis_kernel(active_cpu_kernel(), state_bits_, contexts_);
  const std::size_t count = tables_.count;
  const std::size_t padded = (count + kTransposeBlock - 1) / kTransposeBlock * kTransposeBlock;
  AlignedVector<float> transposed(padded * kTrellisRows);
  AlignedVector<std::int16_t> out(padded * kTrellisRows);
  std::vector<TrellisStep> steps(count);
  std::int32_t start_activity[kTrellisRows];
  std::fill(std::begin(start_activity), std::end(start_activity), kActivityStart);
  float distortion_weight[kTrellisRows];
  std::fill(std::begin(distortion_weight), std::end(distortion_weight), 1.0F);
  Tables tables = tables_;
  tables.start_activity = start_activity;
  tables.distortion_weight = distortion_weight;
  for (std::size_t first = 0; first < coefficients.size(); first += kTrellisRows) {
    const std::size_t rows = std::min(kTrellisRows, coefficients.size() - first);
    gather_columns(coefficients.subspan(first, rows), padded, transposed.data());
    if (!activity.empty()) std::copy_n(&activity[first], rows, start_activity);
    for (std::size_t i = 0; i < rows && !slopes.empty(); ++i) distortion_weight[i] = 1.0F / slopes[first + i];
    kernel(tables, transposed.data(), rows, steps.data(), out.data());
    for (std::size_t i = 0; i < rows; i += kTransposeBlock) {
      const std::size_t some = std::min(kTransposeBlock, rows - i);
      for (std::size_t k = 0; k < count; k += kTransposeBlock) {
        std::int16_t block[kTransposeBlock][kTransposeBlock];
        transpose_block(&out[k * kTrellisRows + i], kTrellisRows, block[0], kTransposeBlock);
        for (std::size_t row = 0; row < some; ++row) {
          std::copy_n(block[row], std::min(kTransposeBlock, count - k), levels[first + i + row] + k);
        }
      }
    }
  }
}

}  // namespace actz
