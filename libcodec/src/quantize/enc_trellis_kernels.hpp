#pragma once

#include <cstddef>
#include <cstdint>

#include "base/cpu_kernel.hpp"
#include "base/vector16.hpp"
#include "quantize/dependent.hpp"
#include "quantize/enc_trellis.hpp"

/// The loop behind TrellisQuantizer: 16 rows side by side. One body, inlined into a function for each instruction set;
/// sums and comparisons are the same in all of them.

namespace actz {

inline constexpr std::size_t kTrellisRows = 16;

/// What the survivors of a coefficient remember for the way back: index · 2 + the lowest bit of the state before.
struct alignas(64) TrellisStep {
  std::int16_t taken[1u << kMaxStateBits][kTrellisRows];
};

/// @param coefficients  [coefficient][row], at most ±kLargestCoefficient.
/// @param steps         work space, one per coefficient.
/// @param levels        [coefficient][row].
using TrellisKernel = void (*)(const TrellisQuantizer::Tables& tables, const float* coefficients, TrellisStep* steps,
                               std::int16_t* levels);

inline constexpr float kLargestCoefficient = 16380.0F;  ///< twice an index fits in 16 bits

TrellisKernel trellis_kernel_scalar(unsigned state_bits);
#if defined(__x86_64__)
TrellisKernel trellis_kernel_avx2(unsigned state_bits);
TrellisKernel trellis_kernel_avx512(unsigned state_bits);
#endif
TrellisKernel select_trellis_kernel(CpuKernel kernel, unsigned state_bits);

/// `Isa` has gather(from, index, low, high): the halves of from[index[i]], and look_up(from, index, to): to[i] = from[index[i]]
/// of a table of 16.
namespace trellis {

/// Points of one quantiser that a coefficient may take: the nearest of each parity (of the uniform quantiser: the nearest,
/// and the next one towards zero), and zero, whose index is 0 and adds nothing to the activity.
struct Candidates {
  I32x16 rates;           ///< where the bits of the three stand, from the first entry of a table on
  I32x16 index[2];
  I32x16 term[2];         ///< what it adds to the activity
  F32x16 distortion[2];   ///< with the cost of raw bits
  F32x16 zero_distortion;
};

[[gnu::always_inline]] inline void set_candidate(const TrellisQuantizer::Coefficient& k, const F32x16& magnitude,
                                                 const I32x16& negative, const I32x16& unsigned_index, const I32x16& level,
                                                 unsigned which, Candidates& out) {
  const F32x16 error = magnitude - __builtin_convertvector(level, F32x16);
  out.distortion[which] = k.energy_over_lambda * error * error + k.raw_cost;
  out.index[which] = (unsigned_index ^ negative) - negative;
  const I32x16 high = out.index[which] >> k.raw_bits;
  const I32x16 term = (high < 0 ? -high : high) * k.weight;
  out.term[which] = term > kActivityTermLimit ? I32x16{} + kActivityTermLimit : term;
}

/// @param below  magnitude of the index below the coefficient, in whose entry the bits of all three stand.
[[gnu::always_inline]] inline void set_rates(const TrellisQuantizer::Coefficient& k, const I32x16& negative, const I32x16& below,
                                             Candidates& out) {
  const I32x16 high = below >> k.raw_bits;
  const I32x16 window = high > TrellisRates::kWindow ? I32x16{} + TrellisRates::kWindow : high;
  out.rates = window + (negative & (TrellisRates::kWindow + 1));
}

template <unsigned StateBits>
[[gnu::always_inline]] inline void find_candidates(const TrellisQuantizer::Coefficient& k, const F32x16& value,
                                                   std::int32_t quantizer, Candidates& out) {
  const I32x16 negative = value < 0.0F;
  const F32x16 magnitude = negative ? -value : value;
  out.zero_distortion = k.energy_over_lambda * magnitude * magnitude + k.raw_cost;
  if constexpr (StateBits == 0) {
    const I32x16 nearest = __builtin_convertvector(magnitude + 0.5F, I32x16);
    const I32x16 inner = nearest + (nearest > 0);
    set_candidate(k, magnitude, negative, nearest, nearest, 0, out);
    set_candidate(k, magnitude, negative, inner, inner, 1, out);
    set_rates(k, negative, nearest, out);
  } else {
    const I32x16 below = __builtin_convertvector((magnitude + static_cast<float>(quantizer)) * 0.5F, I32x16);
    const I32x16 even = (below + 1) & ~1;
    const I32x16 odd = below | 1;
    set_candidate(k, magnitude, negative, even, 2 * even + (quantizer != 0 ? even > 0 : I32x16{}), 0, out);
    set_candidate(k, magnitude, negative, odd, 2 * odd - quantizer, 1, out);
    set_rates(k, negative, below, out);
  }
}

/// Cost and activity of the best path into each state.
template <unsigned States>
struct Survivors {
  F32x16 cost[States];
  I32x16 activity[States];
};

/// What the two indices that may leave a state, one of each parity, make of a path.
struct Branches {
  F32x16 cost[2];
  I32x16 index[2];
  I32x16 activity[2];
};

template <unsigned StateBits, class Isa>
[[gnu::always_inline]] inline void leave_state(const TrellisQuantizer::Tables& tables, const TrellisQuantizer::Coefficient& k,
                                               const Candidates& candidates, std::int32_t quantizer, const F32x16& cost,
                                               const I32x16& activity, Branches& out) {
  I32x16 select = I32x16{} + quantizer;
  for (const std::int32_t threshold : tables.thresholds) select += (activity >= threshold) * -2;
  I32x16 first_rates, low, high;
  Isa::look_up(k.first_rates, select, first_rates);
  Isa::gather(tables.rates, first_rates + candidates.rates, low, high);
  const F32x16 bits[2] = {__builtin_convertvector(low & 0xFFFF, F32x16), __builtin_convertvector((low >> 16) & 0xFFFF, F32x16)};
  const F32x16 zero_bits = __builtin_convertvector(high, F32x16);
  const I32x16 decayed = activity - (activity >> static_cast<int>(kActivityDecayShift));
  for (unsigned parity = 0; parity < 2; ++parity) {
    out.cost[parity] = cost + candidates.distortion[parity] + bits[parity];
    out.index[parity] = candidates.index[parity];
    out.activity[parity] = decayed + candidates.term[parity];
  }
  const F32x16 zero = cost + candidates.zero_distortion + zero_bits;
  const I32x16 takes_zero = zero < out.cost[0];
  out.cost[0] = takes_zero ? zero : out.cost[0];
  out.index[0] = takes_zero ? I32x16{} : out.index[0];
  out.activity[0] = takes_zero ? decayed : out.activity[0];
}

/// Keeps the better of two branches into a state; `from_odd` marks those that left the odd one of two states.
[[gnu::always_inline]] inline void enter_state(const Branches& even, unsigned parity, const Branches& odd, unsigned odd_parity,
                                               F32x16& cost, I32x16& activity, std::int16_t* taken) {
  const I32x16 from_odd = odd.cost[odd_parity] < even.cost[parity];
  cost = from_odd ? odd.cost[odd_parity] : even.cost[parity];
  activity = from_odd ? odd.activity[odd_parity] : even.activity[parity];
  const I32x16 index = from_odd ? odd.index[odd_parity] : even.index[parity];
  store(__builtin_convertvector(index * 2 - from_odd, I16x16), taken);
}

template <unsigned StateBits, class Isa>
[[gnu::always_inline]] inline void step(const TrellisQuantizer::Tables& tables, std::size_t index, const float* coefficients,
                                        Survivors<1u << StateBits>& survivors, TrellisStep& remembered) {
  constexpr unsigned kStates = 1u << StateBits;
  const TrellisQuantizer::Coefficient& k = tables.coefficients[index];
  F32x16 value;
  load(coefficients + index * kTrellisRows, value);
  Candidates candidates[2];
  find_candidates<StateBits>(k, value, 0, candidates[0]);
  if constexpr (StateBits > 0) find_candidates<StateBits>(k, value, 1, candidates[1]);
  Branches branches[kStates];
  for (unsigned s = 0; s < kStates; ++s) {
    const unsigned quantizer = quantizer_of(s);
    leave_state<StateBits, Isa>(tables, k, candidates[quantizer], static_cast<std::int32_t>(quantizer), survivors.cost[s],
                                survivors.activity[s], branches[s]);
  }
  if constexpr (StateBits == 0) {  // one state: the better of all points
    enter_state(branches[0], 0, branches[0], 1, survivors.cost[0], survivors.activity[0], remembered.taken[0]);
  } else {
    for (unsigned t = 0; t < kStates; ++t) {
      const unsigned even = (t << 1) & (kStates - 1);  // the states that lead to t are this one and the next
      const unsigned parity = t >> (StateBits - 1);    // of the index that leads from it
      enter_state(branches[even], parity, branches[even + 1], parity ^ 1, survivors.cost[t], survivors.activity[t],
                  remembered.taken[t]);
    }
  }
}

/// From the best last state back to the first coefficient.
template <unsigned StateBits>
[[gnu::always_inline]] inline void trace_back(const Survivors<1u << StateBits>& survivors, std::size_t count,
                                              const TrellisStep* steps, std::int16_t* levels) {
  constexpr std::int32_t kStates = 1 << StateBits;
  I32x16 state{};
  F32x16 cost = survivors.cost[0];
  for (std::int32_t s = 1; s < kStates; ++s) {
    const I32x16 better = survivors.cost[s] < cost;
    cost = better ? survivors.cost[s] : cost;
    state = better ? I32x16{} + s : state;
  }
  for (std::size_t k = count; k-- > 0;) {
    I32x16 taken{};
    for (std::int32_t s = 0; s < kStates; ++s) {
      I16x16 narrow;
      load(steps[k].taken[s], narrow);
      taken = state == s ? __builtin_convertvector(narrow, I32x16) : taken;
    }
    const I32x16 index = taken >> 1;
    I32x16 level = index;
    if constexpr (StateBits > 0) {
      state = ((state << 1) & (kStates - 1)) | (taken & 1);
      const I32x16 sign = (index < 0) - (index > 0);
      level = 2 * index - ((state & 2) != 0 ? sign : I32x16{});
    }
    store(__builtin_convertvector(level, I16x16), levels + k * kTrellisRows);
  }
}

template <unsigned StateBits, class Isa>
[[gnu::always_inline]] inline void run(const TrellisQuantizer::Tables& tables, const float* coefficients, TrellisStep* steps,
                                       std::int16_t* levels) {
  constexpr unsigned kStates = 1u << StateBits;
  constexpr float kUnreachable = 1e30F;
  Survivors<kStates> survivors;
  for (unsigned s = 0; s < kStates; ++s) {
    survivors.cost[s] = F32x16{} + (s == 0 ? 0.0F : kUnreachable);
    survivors.activity[s] = I32x16{} + kActivityStart;
  }
  for (std::size_t k = 0; k < tables.count; ++k) step<StateBits, Isa>(tables, k, coefficients, survivors, steps[k]);
  trace_back<StateBits>(survivors, tables.count, steps, levels);
}

}  // namespace trellis
}  // namespace actz
