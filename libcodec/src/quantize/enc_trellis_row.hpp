#pragma once

#include <cstddef>
#include <cstdint>

#include "base/vectors.hpp"
#include "quantize/dependent.hpp"
#include "quantize/enc_trellis.hpp"

/// The loop behind TrellisQuantizer for one row of a dependent quantiser: its states side by side, where
/// enc_trellis_kernels.hpp has rows. Sums and comparisons are the same, so both decide alike.

namespace actz {

/// Lanes of the row's states; with 4 of them, lanes 4 to 7 repeat 0 to 3.
inline constexpr std::size_t kTrellisLanes = 8;

/// What a coefficient remembers for the way back, by state.
struct alignas(32) TrellisRowStep {
  std::int32_t indices[kTrellisLanes];  ///< of the branches that leave it: even in bits 0…15, odd in 16…31
  std::int32_t choices[kTrellisLanes];  ///< bit 0: the survivor here left an odd state; 1: 0 is the better even index
};

/// @param coefficients  at most ±kLargestCoefficient.
/// @param steps         work space, one per coefficient.
using TrellisRowKernel = void (*)(const TrellisQuantizer::Tables& tables, const float* coefficients,
                                  TrellisRowStep* steps, std::int16_t* levels);

#if defined(__x86_64__)
/// @param state_bits  2 or 3.
TrellisRowKernel trellis_row_kernel_avx2(unsigned state_bits, TrellisContexts contexts);
#endif

/// `Isa` has 8 lanes, gather and look_up as for many rows, and gather_two for two different indices: of lanes 0, 1, 4,
/// 5 and of the others.
template <class Isa, unsigned StateBits, TrellisContexts Contexts>
class TrellisRow {
 public:
  [[gnu::always_inline]] static inline void run(const TrellisQuantizer::Tables& tables, const float* coefficients,
                                                TrellisRowStep* steps, std::int16_t* levels) {
    constexpr float kFar = 1e30F;
    Survivors survivors{F32{0, kFar, kFar, kFar, StateBits == 2 ? 0 : kFar, kFar, kFar, kFar},
                        I32{} + tables.start_activity[0]};
    for (std::size_t k = 0; k < tables.count; ++k) {
      step(tables, tables.coefficients[k], F32{} + coefficients[k], survivors, steps[k]);
    }
    float cost[kTrellisLanes];
    store(survivors.cost, cost);
    trace_back(cost, tables.count, steps, levels);
  }

 private:
  using F32 = typename Isa::F32;
  using I32 = typename Isa::I32;

  struct Survivors {
    F32 cost;
    I32 activity;
  };

  /// The branch of one parity out of each state, at the nearest point of that parity.
  struct Branch {
    I32 index;
    I32 term;
    F32 distortion;
  };

  [[gnu::always_inline]] static inline void set_branch(const TrellisQuantizer::Coefficient& k, const F32& energy,
                                                       const F32& magnitude, const I32& negative,
                                                       const I32& unsigned_index, const I32& level, Branch& out) {
    const F32 error = magnitude - __builtin_convertvector(level, F32);
    out.distortion = energy * error * error + k.raw_cost;
    out.index = (unsigned_index ^ negative) - negative;
    const I32 high = out.index >> k.raw_bits;
    const I32 term = (high < 0 ? -high : high) * k.weight;
    out.term = term > kActivityTermLimit ? I32{} + kActivityTermLimit : term;
  }

  /// A path and twice the bin of its activity.
  struct BinOfPath {
    F32 cost;
    I32 bin;
  };

  /// Gives each lane the bin of the cheaper of its path and of its partner's; of equal ones, the first.
  [[gnu::always_inline]] static inline void keep_cheaper(const BinOfPath& partner, const I32& partner_is_first,
                                                         BinOfPath& path) {
    const I32 other = (partner.cost < path.cost) | ((partner.cost == path.cost) & partner_is_first);
    path.cost = other ? partner.cost : path.cost;
    path.bin = other ? partner.bin : path.bin;
  }

  /// Twice the bins that the bits of each state are reckoned with. Every path's is found while costs are compared.
  [[gnu::always_inline]] static inline void context_bins(const TrellisQuantizer::Tables& tables,
                                                         const Survivors& survivors, I32& bins) {
    BinOfPath best{survivors.cost, I32{}};
    for (const std::int32_t threshold : tables.thresholds) best.bin += (survivors.activity >= threshold) * -2;
    if constexpr (Contexts != TrellisContexts::of_each_path) {
      keep_cheaper({__builtin_shufflevector(best.cost, best.cost, 1, 0, 3, 2, 5, 4, 7, 6),
                    __builtin_shufflevector(best.bin, best.bin, 1, 0, 3, 2, 5, 4, 7, 6)},
                   I32{0, -1, 0, -1, 0, -1, 0, -1}, best);
      if constexpr (Contexts == TrellisContexts::of_best_path) {
        keep_cheaper({__builtin_shufflevector(best.cost, best.cost, 2, 3, 0, 1, 6, 7, 4, 5),
                      __builtin_shufflevector(best.bin, best.bin, 2, 3, 0, 1, 6, 7, 4, 5)},
                     I32{0, 0, -1, -1, 0, 0, -1, -1}, best);
      }
      keep_cheaper({__builtin_shufflevector(best.cost, best.cost, 4, 5, 6, 7, 0, 1, 2, 3),
                    __builtin_shufflevector(best.bin, best.bin, 4, 5, 6, 7, 0, 1, 2, 3)},
                   I32{0, 0, 0, 0, -1, -1, -1, -1}, best);
    }
    bins = best.bin;
  }

  /// Of the branches of both parities, by the state they leave: those that enter each state from the even one of the
  /// two that lead there, and from the odd one.
  template <class Vector>
  [[gnu::always_inline]] static inline void enter_states(const Vector (&by_parity)[2], Vector& from_even,
                                                         Vector& from_odd) {
    if constexpr (StateBits == 3) {
      from_even = __builtin_shufflevector(by_parity[0], by_parity[1], 0, 2, 4, 6, 8, 10, 12, 14);
      from_odd = __builtin_shufflevector(by_parity[1], by_parity[0], 1, 3, 5, 7, 9, 11, 13, 15);
    } else {
      from_even = __builtin_shufflevector(by_parity[0], by_parity[1], 0, 2, 8, 10, 0, 2, 8, 10);
      from_odd = __builtin_shufflevector(by_parity[1], by_parity[0], 1, 3, 9, 11, 1, 3, 9, 11);
    }
  }

  [[gnu::always_inline]] static inline void step(const TrellisQuantizer::Tables& tables,
                                                 const TrellisQuantizer::Coefficient& k, const F32& value,
                                                 Survivors& survivors, TrellisRowStep& remembered) {
    const I32 quantizers = {0, 0, 1, 1, 0, 0, 1, 1};  // quantizer_of each state
    const F32 energy = F32{} + tables.distortion_weight[0] * k.energy_over_lambda;
    const I32 negative = value < 0.0F;
    const F32 magnitude = negative ? -value : value;
    const I32 below = __builtin_convertvector((magnitude + __builtin_convertvector(quantizers, F32)) * 0.5F, I32);
    const I32 even = (below + 1) & ~1;
    const I32 odd = below | 1;
    Branch branches[2];
    set_branch(k, energy, magnitude, negative, even, 2 * even - (quantizers & (even > 0)), branches[0]);
    set_branch(k, energy, magnitude, negative, odd, 2 * odd - quantizers, branches[1]);
    const I32 high_below = below >> k.raw_bits;
    const I32 window = high_below > TrellisRates::kWindow ? I32{} + TrellisRates::kWindow : high_below;

    I32 bins, entries, low, high;
    context_bins(tables, survivors, bins);
    const I32 select = bins + quantizers;
    Isa::look_up(k.first_rates, select, entries);
    entries += window + (negative & (TrellisRates::kWindow + 1));
    if constexpr (Contexts == TrellisContexts::of_each_path) {
      Isa::gather(tables.rates, entries, low, high);
    } else {
      Isa::gather_two(tables.rates, entries, low, high);
    }
    const F32 zero_distortion = energy * magnitude * magnitude + k.raw_cost;
    const F32 zero_cost = zero_distortion + __builtin_convertvector(high, F32);
    const F32 even_cost = branches[0].distortion + __builtin_convertvector(low & 0xFFFF, F32);
    const F32 odd_cost = branches[1].distortion + __builtin_convertvector((low >> 16) & 0xFFFF, F32);
    const I32 takes_zero = zero_cost < even_cost;

    const F32 costs[2] = {survivors.cost + (takes_zero ? zero_cost : even_cost), survivors.cost + odd_cost};
    const I32 decayed = survivors.activity - (survivors.activity >> kActivityDecayShift);
    const I32 activities[2] = {decayed + (takes_zero ? I32{} : branches[0].term), decayed + branches[1].term};
    F32 cost_from_even, cost_from_odd;
    I32 activity_from_even, activity_from_odd;
    enter_states(costs, cost_from_even, cost_from_odd);
    enter_states(activities, activity_from_even, activity_from_odd);
    const I32 from_odd = cost_from_odd < cost_from_even;
    survivors.cost = from_odd ? cost_from_odd : cost_from_even;
    survivors.activity = from_odd ? activity_from_odd : activity_from_even;
    store((branches[0].index & 0xFFFF) | (branches[1].index << 16), remembered.indices);
    store((from_odd & 1) | (takes_zero & 2), remembered.choices);
  }

  /// From the best last state back to the first coefficient.
  [[gnu::always_inline]] static inline void trace_back(const float (&cost)[kTrellisLanes], std::size_t count,
                                                       const TrellisRowStep* steps, std::int16_t* levels) {
    constexpr unsigned kStates = 1u << StateBits;
    unsigned state = 0;
    for (unsigned s = 1; s < kStates; ++s) {
      if (cost[s] < cost[state]) state = s;
    }
    for (std::size_t k = count; k-- > 0;) {
      const unsigned from_odd = static_cast<unsigned>(steps[k].choices[state]) & 1;
      const unsigned parity = from_odd ^ (state >> (StateBits - 1));
      state = ((state << 1) & (kStates - 1)) | from_odd;
      const bool takes_zero = parity == 0 && (steps[k].choices[state] & 2) != 0;
      const auto index = static_cast<std::int16_t>(steps[k].indices[state] >> (16 * parity));
      levels[k] = takes_zero ? std::int16_t{0} : static_cast<std::int16_t>(dependent_level(index, quantizer_of(state)));
    }
  }
};

}  // namespace actz
