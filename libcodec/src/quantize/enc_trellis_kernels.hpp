#pragma once

#include <cstddef>
#include <cstdint>

#include "base/cpu_kernel.hpp"
#include "quantize/dependent.hpp"
#include "quantize/enc_trellis.hpp"

/// The loop behind TrellisQuantizer: 16 rows side by side. One body, inlined into a function for each instruction set, so
/// that the compiler vectorises each; sums and comparisons are the same in all of them.

namespace actz {

inline constexpr std::size_t kTrellisRows = 16;

/// What the survivors of a coefficient remember for the way back.
struct alignas(64) TrellisStep {
  std::int16_t index[1u << kMaxStateBits][kTrellisRows];
  std::uint8_t from_odd[1u << kMaxStateBits][kTrellisRows];  ///< lowest bit of the state before
};

/// @param coefficients  [coefficient][row], at most ±kLargestCoefficient.
/// @param steps         work space, one per coefficient.
/// @param levels        [coefficient][row].
using TrellisKernel = void (*)(const TrellisQuantizer::Tables& tables, const float* coefficients, TrellisStep* steps,
                               std::int16_t* levels);

inline constexpr float kLargestCoefficient = 32760.0F;

TrellisKernel trellis_kernel_scalar(unsigned state_bits);
#if defined(__x86_64__)
TrellisKernel trellis_kernel_avx2(unsigned state_bits);
TrellisKernel trellis_kernel_avx512(unsigned state_bits);
#endif
TrellisKernel select_trellis_kernel(CpuKernel kernel, unsigned state_bits);

namespace trellis {

/// Candidates of one quantiser for 16 coefficients: the nearest point of each parity, and zero.
struct alignas(64) Candidates {
  std::int32_t index[2][kTrellisRows];       ///< by parity
  std::int32_t bits_index[2][kTrellisRows];  ///< without raw bits, in the window of the rates
  float distortion[2][kTrellisRows];
  float zero_distortion[kTrellisRows];
};

[[gnu::always_inline]] inline std::int32_t in_window(std::int32_t index) {
  const std::int32_t low = index < -ContextRates::kWindow ? -ContextRates::kWindow : index;
  return low > ContextRates::kWindow ? ContextRates::kWindow : low;
}

/// Of a uniform quantiser (state_bits 0) "parity" 0 is the nearest point and 1 the next one towards zero.
template <unsigned StateBits>
[[gnu::always_inline]] inline void find_candidates(const TrellisQuantizer::Coefficient& k, const float* coefficients,
                                                   std::int32_t quantizer, Candidates& out) {
  for (std::size_t i = 0; i < kTrellisRows; ++i) {
    const float value = coefficients[i];
    const float magnitude = value < 0 ? -value : value;
    const std::int32_t sign = value < 0 ? -1 : 1;
    std::int32_t first = 0;
    std::int32_t second = 0;
    std::int32_t first_level = 0;
    std::int32_t second_level = 0;
    if constexpr (StateBits == 0) {
      first = static_cast<std::int32_t>(magnitude + 0.5F);
      second = first > 0 ? first - 1 : 0;
      first_level = first;
      second_level = second;
    } else {
      const auto below = static_cast<std::int32_t>((magnitude + static_cast<float>(quantizer)) * 0.5F);
      first = (below + 1) & ~1;
      second = below | 1;
      first_level = first > 0 ? 2 * first - quantizer : 0;
      second_level = 2 * second - quantizer;
    }
    const float first_error = magnitude - static_cast<float>(first_level);
    const float second_error = magnitude - static_cast<float>(second_level);
    out.index[0][i] = first * sign;
    out.index[1][i] = second * sign;
    out.bits_index[0][i] = in_window((first * sign) >> k.raw_bits);
    out.bits_index[1][i] = in_window((second * sign) >> k.raw_bits);
    out.distortion[0][i] = k.energy_over_lambda * first_error * first_error + k.raw_cost;
    out.distortion[1][i] = k.energy_over_lambda * second_error * second_error + k.raw_cost;
    out.zero_distortion[i] = k.energy_over_lambda * magnitude * magnitude + k.raw_cost;
  }
}

/// Survivors: cost and activity of the best path into each state.
template <unsigned States>
struct alignas(64) Survivors {
  float cost[States][kTrellisRows];
  std::int32_t activity[States][kTrellisRows];
};

/// Costs of the two branches that leave a state.
struct alignas(64) Branches {
  float cost[2][kTrellisRows];
  std::int32_t index[2][kTrellisRows];
};

[[gnu::always_inline]] inline void extend_state(const TrellisQuantizer::Tables& tables, const TrellisQuantizer::Coefficient& k,
                                                unsigned quantizer, const Candidates& candidates, const float* cost,
                                                const std::int32_t* activity, Branches& out) {
  alignas(64) std::int32_t first_bits[kTrellisRows];
  for (std::size_t i = 0; i < kTrellisRows; ++i) {
    std::int32_t bin = 0;
    for (const std::int32_t threshold : tables.thresholds) bin += activity[i] >= threshold ? 2 : 0;
    first_bits[i] = k.first_bits[static_cast<std::uint32_t>(bin) + quantizer];
  }
  for (std::size_t i = 0; i < kTrellisRows; ++i) {
    const float even = candidates.distortion[0][i] + tables.bits[first_bits[i] + candidates.bits_index[0][i]];
    const float odd = candidates.distortion[1][i] + tables.bits[first_bits[i] + candidates.bits_index[1][i]];
    const float zero = candidates.zero_distortion[i] + tables.bits[first_bits[i]];
    const bool takes_zero = zero < even;
    out.cost[0][i] = cost[i] + (takes_zero ? zero : even);
    out.index[0][i] = takes_zero ? 0 : candidates.index[0][i];
    out.cost[1][i] = cost[i] + odd;
    out.index[1][i] = candidates.index[1][i];
  }
}

[[gnu::always_inline]] inline std::int32_t magnitude_of(std::int32_t index, std::int32_t raw_bits) {
  const std::int32_t high = index >> raw_bits;
  return high < 0 ? -high : high;
}

/// The better of two branches into a state.
[[gnu::always_inline]] inline void merge(const TrellisQuantizer::Coefficient& k, const float* cost_0, const std::int32_t* index_0,
                                         const std::int32_t* activity_0, const float* cost_1, const std::int32_t* index_1,
                                         const std::int32_t* activity_1, float* cost, std::int32_t* activity,
                                         std::int16_t* index, std::uint8_t* from_odd) {
  alignas(64) std::int32_t taken_index[kTrellisRows];
  alignas(64) std::int32_t from[kTrellisRows];
  for (std::size_t i = 0; i < kTrellisRows; ++i) {
    const bool second = cost_1[i] < cost_0[i];
    cost[i] = second ? cost_1[i] : cost_0[i];
    taken_index[i] = second ? index_1[i] : index_0[i];
    from[i] = second ? 1 : 0;
    const std::int32_t before = second ? activity_1[i] : activity_0[i];
    activity[i] = next_activity(before, magnitude_of(taken_index[i], k.raw_bits), k.weight);
  }
  for (std::size_t i = 0; i < kTrellisRows; ++i) index[i] = static_cast<std::int16_t>(taken_index[i]);
  for (std::size_t i = 0; i < kTrellisRows; ++i) from_odd[i] = static_cast<std::uint8_t>(from[i]);
}

template <unsigned StateBits>
[[gnu::always_inline]] inline void step(const TrellisQuantizer::Tables& tables, const TrellisQuantizer::Coefficient& k,
                                        const float* coefficients, const Survivors<1u << StateBits>& from,
                                        Survivors<1u << StateBits>& to, TrellisStep& remembered) {
  constexpr unsigned kStates = 1u << StateBits;
  Candidates candidates[2];
  find_candidates<StateBits>(k, coefficients, 0, candidates[0]);
  if constexpr (StateBits > 0) find_candidates<StateBits>(k, coefficients, 1, candidates[1]);
  Branches branches[kStates];
  for (unsigned s = 0; s < kStates; ++s) {
    const unsigned quantizer = quantizer_of(s);
    extend_state(tables, k, quantizer, candidates[quantizer], from.cost[s], from.activity[s], branches[s]);
  }
  for (unsigned t = 0; t < kStates; ++t) {
    const unsigned s = StateBits == 0 ? 0 : (t << 1) & (kStates - 1);  // and s + 1
    const unsigned odd = StateBits == 0 ? 0 : s + 1;
    const unsigned parity = StateBits == 0 ? 0 : t >> (StateBits - 1);  // of the branch from s; the other one from s + 1
    merge(k, branches[s].cost[parity], branches[s].index[parity], from.activity[s], branches[odd].cost[parity ^ 1],
          branches[odd].index[parity ^ 1], from.activity[odd], to.cost[t], to.activity[t], remembered.index[t],
          remembered.from_odd[t]);
  }
}

/// From the best last state back to the first coefficient.
template <unsigned StateBits>
inline void trace_back(const float (*cost)[kTrellisRows], std::size_t count, const TrellisStep* steps, std::int16_t* levels) {
  constexpr unsigned kStates = 1u << StateBits;
  for (std::size_t i = 0; i < kTrellisRows; ++i) {
    unsigned state = 0;
    for (unsigned s = 1; s < kStates; ++s) {
      if (cost[s][i] < cost[state][i]) state = s;
    }
    for (std::size_t k = count; k-- > 0;) {
      const std::int32_t index = steps[k].index[state][i];
      if constexpr (StateBits == 0) {
        levels[k * kTrellisRows + i] = static_cast<std::int16_t>(index);
      } else {
        state = ((state << 1) & (kStates - 1)) | steps[k].from_odd[state][i];
        levels[k * kTrellisRows + i] = static_cast<std::int16_t>(dependent_level(index, quantizer_of(state)));
      }
    }
  }
}

template <unsigned StateBits>
[[gnu::always_inline]] inline void run(const TrellisQuantizer::Tables& tables, const float* coefficients, TrellisStep* steps,
                                       std::int16_t* levels) {
  constexpr unsigned kStates = 1u << StateBits;
  constexpr float kUnreachable = 1e30F;
  Survivors<kStates> survivors[2];
  for (unsigned s = 0; s < kStates; ++s) {
    for (std::size_t i = 0; i < kTrellisRows; ++i) {
      survivors[0].cost[s][i] = s == 0 ? 0.0F : kUnreachable;
      survivors[0].activity[s][i] = kActivityStart;
    }
  }
  for (std::size_t k = 0; k < tables.count; ++k) {
    step<StateBits>(tables, tables.coefficients[k], coefficients + k * kTrellisRows, survivors[k % 2],
                    survivors[(k + 1) % 2], steps[k]);
  }
  trace_back<StateBits>(survivors[tables.count % 2].cost, tables.count, steps, levels);
}

}  // namespace trellis
}  // namespace actz
