#pragma once

#include <cstddef>
#include <cstdint>

#include "base/cpu_kernel.hpp"
#include "base/vectors.hpp"
#include "quantize/dependent.hpp"
#include "quantize/enc_trellis.hpp"

/// The loop behind TrellisQuantizer: rows side by side. One body, inlined into a function for each instruction set;
/// sums and comparisons are the same in all of them.

namespace actz {

inline constexpr std::size_t kTrellisRows = 16;  ///< of a call

/// What a coefficient remembers for the way back. Of a row, bit s of `from_odd` says that the survivor in state s left
/// the odd one of the two states that lead there, and bit s of `takes_zero` that 0 was the better even index from s.
struct alignas(64) TrellisStep {
  std::int16_t index[2][2][kTrellisRows];  ///< by quantiser and parity (of the uniform one: nearest, next inner)
  std::int16_t from_odd[kTrellisRows];
  std::int16_t takes_zero[kTrellisRows];
};

/// @param coefficients  [coefficient][row], at most ±kLargestCoefficient.
/// @param rows          that count; the levels of others are of no meaning.
/// @param steps         work space, one per coefficient.
/// @param levels        [coefficient][row].
using TrellisKernel = void (*)(const TrellisQuantizer::Tables& tables, const float* coefficients, std::size_t rows,
                               TrellisStep* steps, std::int16_t* levels);

inline constexpr float kLargestCoefficient = 16380.0F;  ///< twice an index fits in 16 bits

TrellisKernel trellis_kernel_scalar(unsigned state_bits, TrellisContexts contexts);
#if defined(__x86_64__)
TrellisKernel trellis_kernel_avx2(unsigned state_bits, TrellisContexts contexts);
TrellisKernel trellis_kernel_avx512(unsigned state_bits, TrellisContexts contexts);
#endif
TrellisKernel select_trellis_kernel(CpuKernel kernel, unsigned state_bits, TrellisContexts contexts);

/// `Isa` is one of Vectors with gather(from, index, low, high): the halves of from[index[i]], and look_up(from, index,
/// to): to[i] = from[index[i]] of a table of 16.
template <class Isa, unsigned StateBits, TrellisContexts Contexts>
class Trellis {
 public:
  /// See TrellisKernel.
  [[gnu::always_inline]] static inline void run(const TrellisQuantizer::Tables& tables, const float* coefficients,
                                                std::size_t rows, TrellisStep* steps, std::int16_t* levels) {
    for (std::size_t first = 0; first < rows; first += Isa::kLanes) {
      Survivors survivors[2];
      F32 weight;
      load(tables.distortion_weight + first, weight);
      for (unsigned s = 0; s < kStates; ++s) {
        survivors[0].cost[s] = F32{} + (s == 0 ? 0.0F : kUnreachable);
        load(tables.start_activity + first, survivors[0].activity[s]);
      }
      for (std::size_t k = 0; k < tables.count; ++k) {
        F32 value;
        load(coefficients + k * kTrellisRows + first, value);
        const F32 energy = weight * tables.coefficients[k].energy_over_lambda;
        step(tables, tables.coefficients[k], energy, value, first, survivors[k % 2], survivors[(k + 1) % 2], steps[k]);
      }
      trace_back(survivors[tables.count % 2], tables.count, first, steps, levels);
    }
  }

 private:
  using F32 = typename Isa::F32;
  using I32 = typename Isa::I32;
  static constexpr unsigned kStates = 1u << StateBits;
  static constexpr unsigned kQuantizers = StateBits == 0 ? 1 : 2;
  static constexpr bool kOwn = StateBits == 0 || Contexts == TrellisContexts::of_each_path;
  static constexpr float kUnreachable = 1e30F;

  /// Points of one quantiser that a coefficient may take: the nearest of each parity (of the uniform quantiser: the
  /// nearest, and the next one towards zero), and zero, whose index is 0 and adds nothing to the activity.
  struct Candidates {
    I32 rates;  ///< where the bits of the three stand, from the first entry of a table on
    I32 index[2];
    I32 term[2];        ///< what it adds to the activity
    F32 distortion[2];  ///< with the cost of raw bits
    F32 zero_distortion;
  };

  /// Cost and activity of the best path into each state.
  struct Survivors {
    F32 cost[kStates];
    I32 activity[kStates];
  };

  /// What the indices of the two parities cost in one context, and what they add to the activity.
  struct Offers {
    F32 cost[2];
    I32 term[2];
    I32 takes_zero;  ///< of the even one
  };

  /// @param energy  distortion of an error of one level over λ, for each row; likewise below.
  [[gnu::always_inline]] static inline void set_candidate(const TrellisQuantizer::Coefficient& k, const F32& energy,
                                                          const F32& magnitude, const I32& negative,
                                                          const I32& unsigned_index, const I32& level, unsigned which,
                                                          Candidates& out) {
    const F32 error = magnitude - __builtin_convertvector(level, F32);
    out.distortion[which] = energy * error * error + k.raw_cost;
    out.index[which] = (unsigned_index ^ negative) - negative;
    const I32 high = out.index[which] >> k.raw_bits;
    const I32 term = (high < 0 ? -high : high) * k.weight;
    out.term[which] = term > kActivityTermLimit ? I32{} + kActivityTermLimit : term;
  }

  /// @param below  magnitude of the index below the coefficient, in whose entry the bits of all three stand.
  [[gnu::always_inline]] static inline void set_rates(const TrellisQuantizer::Coefficient& k, const I32& negative,
                                                      const I32& below, Candidates& out) {
    const I32 high = below >> k.raw_bits;
    const I32 window = high > TrellisRates::kWindow ? I32{} + TrellisRates::kWindow : high;
    out.rates = window + (negative & (TrellisRates::kWindow + 1));
  }

  [[gnu::always_inline]] static inline void find_candidates(const TrellisQuantizer::Coefficient& k, const F32& energy,
                                                            const F32& value, std::int32_t quantizer, Candidates& out) {
    const I32 negative = value < 0.0F;
    const F32 magnitude = negative ? -value : value;
    out.zero_distortion = energy * magnitude * magnitude + k.raw_cost;
    if constexpr (StateBits == 0) {
      const I32 nearest = __builtin_convertvector(magnitude + 0.5F, I32);
      const I32 inner = nearest + (nearest > 0);
      set_candidate(k, energy, magnitude, negative, nearest, nearest, 0, out);
      set_candidate(k, energy, magnitude, negative, inner, inner, 1, out);
      set_rates(k, negative, nearest, out);
    } else {
      const I32 below = __builtin_convertvector((magnitude + static_cast<float>(quantizer)) * 0.5F, I32);
      const I32 even = (below + 1) & ~1;
      const I32 odd = below | 1;
      set_candidate(k, energy, magnitude, negative, even, 2 * even + (quantizer != 0 ? even > 0 : I32{}), 0, out);
      set_candidate(k, energy, magnitude, negative, odd, 2 * odd - quantizer, 1, out);
      set_rates(k, negative, below, out);
    }
  }

  [[gnu::always_inline]] static inline void make_offers(const TrellisQuantizer::Tables& tables,
                                                        const TrellisQuantizer::Coefficient& k,
                                                        const Candidates& candidates, std::int32_t quantizer,
                                                        const I32& activity, Offers& out) {
    I32 select{};
    for (const std::int32_t threshold : tables.thresholds) select += (activity >= threshold) * -2;
    select += quantizer;
    I32 first_rates, low, high;
    Isa::look_up(k.first_rates, select, first_rates);
    const I32 entries = first_rates + candidates.rates;
    Isa::gather(tables.rates, entries, low, high);
    const F32 even = candidates.distortion[0] + __builtin_convertvector(low & 0xFFFF, F32);
    const F32 zero = candidates.zero_distortion + __builtin_convertvector(high, F32);
    out.takes_zero = zero < even;
    out.cost[0] = out.takes_zero ? zero : even;
    out.term[0] = out.takes_zero ? I32{} : candidates.term[0];
    out.cost[1] = candidates.distortion[1] + __builtin_convertvector((low >> 16) & 0xFFFF, F32);
    out.term[1] = candidates.term[1];
  }

  /// Activity of the cheapest survivor in a state of a quantiser, or in any.
  [[gnu::always_inline]] static inline void best_activity(const Survivors& survivors, unsigned quantizer,
                                                          I32& activity) {
    F32 cost = F32{} + 2e30F;
    for (unsigned s = 0; s < kStates; ++s) {
      if (Contexts != TrellisContexts::of_best_path && quantizer_of(s) != quantizer) continue;
      const I32 better = survivors.cost[s] < cost;
      cost = better ? survivors.cost[s] : cost;
      activity = better ? survivors.activity[s] : activity;
    }
  }

  /// Keeps the better of two branches into a state; `from_odd` gets `bit` where the branch left the odd one of two
  /// states.
  [[gnu::always_inline]] static inline void enter_state(const Survivors& from, unsigned even, const Offers& even_offers,
                                                        unsigned odd, const Offers& odd_offers, unsigned parity,
                                                        F32& cost, I32& activity, std::int32_t bit,
                                                        I32& from_odd_bits) {
    const F32 even_cost = from.cost[even] + even_offers.cost[parity];
    const F32 odd_cost = from.cost[odd] + odd_offers.cost[parity ^ 1];
    const I32 from_odd = odd_cost < even_cost;
    cost = from_odd ? odd_cost : even_cost;
    const I32 before = from_odd ? from.activity[odd] : from.activity[even];
    activity =
        before - (before >> kActivityDecayShift) + (from_odd ? odd_offers.term[parity ^ 1] : even_offers.term[parity]);
    from_odd_bits |= from_odd & bit;
  }

  [[gnu::always_inline]] static inline void step(const TrellisQuantizer::Tables& tables,
                                                 const TrellisQuantizer::Coefficient& k, const F32& energy,
                                                 const F32& value, std::size_t first, const Survivors& from,
                                                 Survivors& to, TrellisStep& remembered) {
    Candidates candidates[kQuantizers];
    for (unsigned quantizer = 0; quantizer < kQuantizers; ++quantizer) {
      find_candidates(k, energy, value, static_cast<std::int32_t>(quantizer), candidates[quantizer]);
      for (unsigned parity = 0; parity < 2; ++parity) {
        store_narrow(candidates[quantizer].index[parity], remembered.index[quantizer][parity] + first);
      }
    }
    I32 takes_zero{}, from_odd{};
    Offers offers[kOwn ? kStates : 2];
#pragma GCC unroll 8
    for (unsigned s = 0; s < (kOwn ? kStates : 2); ++s) {
      const unsigned quantizer = kOwn ? quantizer_of(s) : s;
      I32 activity = from.activity[kOwn ? s : 0];
      if constexpr (!kOwn) best_activity(from, quantizer, activity);
      make_offers(tables, k, candidates[quantizer], static_cast<std::int32_t>(quantizer), activity, offers[s]);
      const std::int32_t mark = 1 << s;
      takes_zero |= offers[s].takes_zero & (I32{} + mark);
    }
    const auto offers_of = [&](unsigned s) -> const Offers& { return offers[kOwn ? s : quantizer_of(s)]; };
#pragma GCC unroll 8
    for (unsigned t = 0; t < kStates; ++t) {
      const unsigned even = (t << 1) & (kStates - 1);      // the states that lead to t are this and the next
      const unsigned odd = StateBits == 0 ? 0 : even + 1;  // one state: the better of all points
      const unsigned parity = StateBits == 0 ? 0 : t >> (StateBits - 1);  // of the index that leads from `even`
      enter_state(from, even, offers_of(even), odd, offers_of(odd), parity, to.cost[t], to.activity[t], 1 << t,
                  from_odd);
    }
    store_narrow(takes_zero, remembered.takes_zero + first);
    store_narrow(from_odd, remembered.from_odd + first);
  }

  /// from[odd != 0][row] of two indices.
  [[gnu::always_inline]] static inline void choose_index(const std::int16_t (&from)[2][kTrellisRows], std::size_t first,
                                                         const I32& odd, I32& to) {
    I32 index[2];
    load_widened(from[0] + first, index[0]);
    load_widened(from[1] + first, index[1]);
    to = odd != 0 ? index[1] : index[0];
  }

  /// From the best last state back to the first coefficient.
  [[gnu::always_inline]] static inline void trace_back(const Survivors& survivors, std::size_t count, std::size_t first,
                                                       const TrellisStep* steps, std::int16_t* levels) {
    I32 state{};
    F32 cost = survivors.cost[0];
    for (unsigned s = 1; s < kStates; ++s) {
      const I32 better = survivors.cost[s] < cost;
      cost = better ? survivors.cost[s] : cost;
      state = better ? I32{} + static_cast<std::int32_t>(s) : state;
    }
    for (std::size_t k = count; k-- > 0;) {
      const TrellisStep& step = steps[k];
      I32 from_odd, takes_zero, level;
      load_widened(step.from_odd + first, from_odd);
      load_widened(step.takes_zero + first, takes_zero);
      from_odd = (from_odd >> state) & 1;
      I32 odd_index = from_odd;
      if constexpr (StateBits > 0) {
        odd_index ^= state >> static_cast<int>(StateBits - 1);
        state = ((state << 1) & static_cast<std::int32_t>(kStates - 1)) | from_odd;
      }
      const I32 second = (state >> 1) & 1;
      takes_zero = (takes_zero >> (kOwn ? state : second)) & 1;
      choose_index(step.index[0], first, odd_index, level);
      if constexpr (StateBits > 0) {
        I32 other;
        choose_index(step.index[1], first, odd_index, other);
        const I32 index = second != 0 ? other : level;
        level = 2 * index + ((index > 0) - (index < 0)) * second;
      }
      level = takes_zero > odd_index ? I32{} : level;
      store_narrow(level, levels + k * kTrellisRows + first);
    }
  }
};

/// The kernel of each kind of quantiser and of contexts, from the function template of an instruction set.
#define ACTZ_TRELLIS_OF_STATES(function, state_bits, contexts) \
  ((state_bits) == 2 ? function<2, TrellisContexts::contexts> : function<3, TrellisContexts::contexts>)
#define ACTZ_SELECT_DEPENDENT_TRELLIS(function, state_bits, contexts)                                       \
  ((contexts) == TrellisContexts::of_each_path ? ACTZ_TRELLIS_OF_STATES(function, state_bits, of_each_path) \
   : (contexts) == TrellisContexts::of_each_quantizer                                                       \
       ? ACTZ_TRELLIS_OF_STATES(function, state_bits, of_each_quantizer)                                    \
       : ACTZ_TRELLIS_OF_STATES(function, state_bits, of_best_path))
#define ACTZ_SELECT_TRELLIS(function, state_bits, contexts)       \
  ((state_bits) == 0 ? function<0, TrellisContexts::of_each_path> \
                     : ACTZ_SELECT_DEPENDENT_TRELLIS(function, state_bits, contexts))

}  // namespace actz
