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

/// What a coefficient remembers for the way back. Of a row, bit s of `from_odd` says that the survivor in state s left
/// the odd one of the two states that lead there, and bit s of `takes_zero` that 0 was the better even index from s.
struct alignas(64) TrellisStep {
  std::int16_t index[2][2][kTrellisRows];  ///< by quantiser and parity (of the uniform one: nearest, next inner)
  std::int16_t from_odd[kTrellisRows];
  std::int16_t takes_zero[kTrellisRows];
};

/// @param coefficients  [coefficient][row], at most ±kLargestCoefficient.
/// @param steps         work space, one per coefficient.
/// @param levels        [coefficient][row].
using TrellisKernel = void (*)(const TrellisQuantizer::Tables& tables, const float* coefficients, TrellisStep* steps,
                               std::int16_t* levels);

inline constexpr float kLargestCoefficient = 16380.0F;  ///< twice an index fits in 16 bits

TrellisKernel trellis_kernel_scalar(unsigned state_bits, TrellisContexts contexts);
#if defined(__x86_64__)
TrellisKernel trellis_kernel_avx2(unsigned state_bits, TrellisContexts contexts);
TrellisKernel trellis_kernel_avx512(unsigned state_bits, TrellisContexts contexts);
#endif
TrellisKernel select_trellis_kernel(CpuKernel kernel, unsigned state_bits, TrellisContexts contexts);

/// `Isa` has gather(from, index, low, high): the halves of from[index[i]], and look_up(from, index, to): to[i] =
/// from[index[i]] of a table of 16.
namespace trellis {

/// Points of one quantiser that a coefficient may take: the nearest of each parity (of the uniform quantiser: the
/// nearest, and the next one towards zero), and zero, whose index is 0 and adds nothing to the activity.
struct Candidates {
  I32x16 rates;  ///< where the bits of the three stand, from the first entry of a table on
  I32x16 index[2];
  I32x16 term[2];        ///< what it adds to the activity
  F32x16 distortion[2];  ///< with the cost of raw bits
  F32x16 zero_distortion;
};

[[gnu::always_inline]] inline void set_candidate(const TrellisQuantizer::Coefficient& k, const F32x16& magnitude,
                                                 const I32x16& negative, const I32x16& unsigned_index,
                                                 const I32x16& level, unsigned which, Candidates& out) {
  const F32x16 error = magnitude - __builtin_convertvector(level, F32x16);
  out.distortion[which] = k.energy_over_lambda * error * error + k.raw_cost;
  out.index[which] = (unsigned_index ^ negative) - negative;
  const I32x16 high = out.index[which] >> k.raw_bits;
  const I32x16 term = (high < 0 ? -high : high) * k.weight;
  out.term[which] = term > kActivityTermLimit ? I32x16{} + kActivityTermLimit : term;
}

/// @param below  magnitude of the index below the coefficient, in whose entry the bits of all three stand.
[[gnu::always_inline]] inline void set_rates(const TrellisQuantizer::Coefficient& k, const I32x16& negative,
                                             const I32x16& below, Candidates& out) {
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

/// What the indices of the two parities cost in one context, and what they add to the activity.
struct Offers {
  F32x16 cost[2];
  I32x16 term[2];
  I32x16 takes_zero;  ///< of the even one
};

template <class Isa>
[[gnu::always_inline]] inline void make_offers(const TrellisQuantizer::Tables& tables,
                                               const TrellisQuantizer::Coefficient& k, const Candidates& candidates,
                                               std::int32_t quantizer, const I32x16& activity, Offers& out) {
  I32x16 select{};
  for (const std::int32_t threshold : tables.thresholds) select += (activity >= threshold) * -2;
  select += quantizer;
  I32x16 first_rates, low, high;
  Isa::look_up(k.first_rates, select, first_rates);
  Isa::gather(tables.rates, first_rates + candidates.rates, low, high);
  const F32x16 even = candidates.distortion[0] + __builtin_convertvector(low & 0xFFFF, F32x16);
  const F32x16 zero = candidates.zero_distortion + __builtin_convertvector(high, F32x16);
  out.takes_zero = zero < even;
  out.cost[0] = out.takes_zero ? zero : even;
  out.term[0] = out.takes_zero ? I32x16{} : candidates.term[0];
  out.cost[1] = candidates.distortion[1] + __builtin_convertvector((low >> 16) & 0xFFFF, F32x16);
  out.term[1] = candidates.term[1];
}

/// Activity of the cheapest survivor in a state of a quantiser, or in any.
template <bool Any, unsigned States>
[[gnu::always_inline]] inline void best_activity(const Survivors<States>& survivors, unsigned quantizer,
                                                 I32x16& activity) {
  F32x16 cost = F32x16{} + 2e30F;
  for (unsigned s = 0; s < States; ++s) {
    if (!Any && quantizer_of(s) != quantizer) continue;
    const I32x16 better = survivors.cost[s] < cost;
    cost = better ? survivors.cost[s] : cost;
    activity = better ? survivors.activity[s] : activity;
  }
}

/// Keeps the better of two branches into a state; `from_odd` gets `bit` where the branch left the odd one of two
/// states.
template <unsigned States>
[[gnu::always_inline]] inline void enter_state(const Survivors<States>& from, unsigned even, const Offers& even_offers,
                                               unsigned odd, const Offers& odd_offers, unsigned parity, F32x16& cost,
                                               I32x16& activity, std::int32_t bit, I32x16& from_odd_bits) {
  const F32x16 even_cost = from.cost[even] + even_offers.cost[parity];
  const F32x16 odd_cost = from.cost[odd] + odd_offers.cost[parity ^ 1];
  const I32x16 from_odd = odd_cost < even_cost;
  cost = from_odd ? odd_cost : even_cost;
  const I32x16 before = from_odd ? from.activity[odd] : from.activity[even];
  activity =
      before - (before >> kActivityDecayShift) + (from_odd ? odd_offers.term[parity ^ 1] : even_offers.term[parity]);
  from_odd_bits |= from_odd & bit;
}

template <unsigned StateBits, TrellisContexts Contexts, class Isa>
[[gnu::always_inline]] inline void step(const TrellisQuantizer::Tables& tables, std::size_t index,
                                        const float* coefficients, const Survivors<1u << StateBits>& from,
                                        Survivors<1u << StateBits>& to, TrellisStep& remembered) {
  constexpr unsigned kStates = 1u << StateBits;
  constexpr unsigned kQuantizers = StateBits == 0 ? 1 : 2;
  constexpr bool kOwn = StateBits == 0 || Contexts == TrellisContexts::of_each_path;
  const TrellisQuantizer::Coefficient& k = tables.coefficients[index];
  F32x16 value;
  load(coefficients + index * kTrellisRows, value);
  Candidates candidates[kQuantizers];
  for (unsigned quantizer = 0; quantizer < kQuantizers; ++quantizer) {
    find_candidates<StateBits>(k, value, static_cast<std::int32_t>(quantizer), candidates[quantizer]);
    for (unsigned parity = 0; parity < 2; ++parity) {
      store(__builtin_convertvector(candidates[quantizer].index[parity], I16x16), remembered.index[quantizer][parity]);
    }
  }
  I32x16 takes_zero{}, from_odd{};
  Offers offers[kOwn ? kStates : 2];
#pragma GCC unroll 8
  for (unsigned s = 0; s < (kOwn ? kStates : 2); ++s) {
    const unsigned quantizer = kOwn ? quantizer_of(s) : s;
    I32x16 activity = from.activity[kOwn ? s : 0];
    if constexpr (!kOwn) best_activity<Contexts == TrellisContexts::of_best_path>(from, quantizer, activity);
    make_offers<Isa>(tables, k, candidates[quantizer], static_cast<std::int32_t>(quantizer), activity, offers[s]);
    const std::int32_t mark = 1 << s;
    takes_zero |= offers[s].takes_zero & (I32x16{} + mark);
  }
  const auto offers_of = [&](unsigned s) -> const Offers& { return offers[kOwn ? s : quantizer_of(s)]; };
#pragma GCC unroll 8
  for (unsigned t = 0; t < kStates; ++t) {
    const unsigned even = (t << 1) & (kStates - 1);      // the states that lead to t are this and the next
    const unsigned odd = StateBits == 0 ? 0 : even + 1;  // one state: the better of all points
    const unsigned parity = StateBits == 0 ? 0 : t >> (StateBits - 1);  // of the index that leads from `even`
    enter_state(from, even, offers_of(even), odd, offers_of(odd), parity, to.cost[t], to.activity[t], 1 << t, from_odd);
  }
  store(__builtin_convertvector(takes_zero, I16x16), remembered.takes_zero);
  store(__builtin_convertvector(from_odd, I16x16), remembered.from_odd);
}

[[gnu::always_inline]] inline void widen(const std::int16_t* from, I32x16& to) {
  I16x16 narrow;
  load(from, narrow);
  to = __builtin_convertvector(narrow, I32x16);
}

/// from[odd != 0][row] of two indices.
[[gnu::always_inline]] inline void choose_index(const std::int16_t (&from)[2][kTrellisRows], const I32x16& odd,
                                                I32x16& to) {
  I32x16 index[2];
  widen(from[0], index[0]);
  widen(from[1], index[1]);
  to = odd != 0 ? index[1] : index[0];
}

/// From the best last state back to the first coefficient.
template <unsigned StateBits, bool Own>
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
    const TrellisStep& step = steps[k];
    I32x16 from_odd, takes_zero, level;
    widen(step.from_odd, from_odd);
    widen(step.takes_zero, takes_zero);
    from_odd = (from_odd >> state) & 1;
    I32x16 odd_index = from_odd;
    if constexpr (StateBits > 0) {
      odd_index ^= state >> static_cast<int>(StateBits - 1);
      state = ((state << 1) & (kStates - 1)) | from_odd;
    }
    const I32x16 second = (state >> 1) & 1;
    takes_zero = (takes_zero >> (Own ? state : second)) & 1;
    choose_index(step.index[0], odd_index, level);
    if constexpr (StateBits > 0) {
      I32x16 other;
      choose_index(step.index[1], odd_index, other);
      const I32x16 index = second != 0 ? other : level;
      level = 2 * index + ((index > 0) - (index < 0)) * second;
    }
    level = takes_zero > odd_index ? I32x16{} : level;
    store(__builtin_convertvector(level, I16x16), levels + k * kTrellisRows);
  }
}

template <unsigned StateBits, TrellisContexts Contexts, class Isa>
[[gnu::always_inline]] inline void run(const TrellisQuantizer::Tables& tables, const float* coefficients,
                                       TrellisStep* steps, std::int16_t* levels) {
  constexpr unsigned kStates = 1u << StateBits;
  constexpr float kUnreachable = 1e30F;
  Survivors<kStates> survivors[2];
  for (unsigned s = 0; s < kStates; ++s) {
    survivors[0].cost[s] = F32x16{} + (s == 0 ? 0.0F : kUnreachable);
    load(tables.start_activity, survivors[0].activity[s]);
  }
  for (std::size_t k = 0; k < tables.count; ++k) {
    step<StateBits, Contexts, Isa>(tables, k, coefficients, survivors[k % 2], survivors[(k + 1) % 2], steps[k]);
  }
  trace_back<StateBits, StateBits == 0 || Contexts == TrellisContexts::of_each_path>(survivors[tables.count % 2],
                                                                                     tables.count, steps, levels);
}

/// The kernel of each kind of quantiser and of contexts, from the function template of an instruction set.
#define ACTZ_TRELLIS_OF_STATES(function, state_bits, contexts) \
  ((state_bits) == 2 ? function<2, TrellisContexts::contexts> : function<3, TrellisContexts::contexts>)
#define ACTZ_SELECT_TRELLIS(function, state_bits, contexts)                                                            \
  (state_bits) == 0                                  ? function<0, TrellisContexts::of_each_path>                      \
  : (contexts) == TrellisContexts::of_each_path      ? ACTZ_TRELLIS_OF_STATES(function, state_bits, of_each_path)      \
  : (contexts) == TrellisContexts::of_each_quantizer ? ACTZ_TRELLIS_OF_STATES(function, state_bits, of_each_quantizer) \
                                                     : ACTZ_TRELLIS_OF_STATES(function, state_bits, of_best_path)

}  // namespace trellis
}  // namespace actz
