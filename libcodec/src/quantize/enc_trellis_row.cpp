#include "quantize/enc_trellis_row.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>

#include "quantize/dependent.hpp"

namespace actz {
namespace {

using Coefficient = TrellisQuantizer::Coefficient;

/// Points of one quantiser that the coefficient may take, as in enc_trellis_kernels.hpp.
struct Candidates {
  std::int32_t rates;
  std::int32_t index[2];
  std::int32_t term[2];
  float distortion[2];
  float zero_distortion;
};

void set_candidate(const Coefficient& k, float magnitude, bool negative, std::int32_t unsigned_index,
                   std::int32_t level, unsigned which, Candidates& out) {
  const float error = magnitude - static_cast<float>(level);
  out.distortion[which] = k.energy_over_lambda * error * error + k.raw_cost;
  const std::int32_t sign = -static_cast<std::int32_t>(negative);
  out.index[which] = (unsigned_index ^ sign) - sign;
  out.term[which] = std::min(std::abs(out.index[which] >> k.raw_bits) * k.weight, kActivityTermLimit);
}

template <unsigned StateBits>
[[gnu::always_inline]] inline Candidates find_candidates(const Coefficient& k, float value, std::int32_t quantizer) {
  Candidates out;
  const bool negative = value < 0;
  const float magnitude = std::fabs(value);
  out.zero_distortion = k.energy_over_lambda * magnitude * magnitude + k.raw_cost;
  std::int32_t below;
  if constexpr (StateBits == 0) {
    below = static_cast<std::int32_t>(magnitude + 0.5F);
    const std::int32_t inner = below - (below > 0);
    set_candidate(k, magnitude, negative, below, below, 0, out);
    set_candidate(k, magnitude, negative, inner, inner, 1, out);
  } else {
    below = static_cast<std::int32_t>((magnitude + static_cast<float>(quantizer)) * 0.5F);
    const std::int32_t even = (below + 1) & ~1, odd = below | 1;
    set_candidate(k, magnitude, negative, even, 2 * even - (even > 0 ? quantizer : 0), 0, out);
    set_candidate(k, magnitude, negative, odd, 2 * odd - quantizer, 1, out);
  }
  out.rates = std::min(below >> k.raw_bits, TrellisRates::kWindow) + (negative ? TrellisRates::kWindow + 1 : 0);
  return out;
}

/// Costs are not negative, so their bit patterns compare as they do, and are chosen between without a branch.
std::int32_t bits_of(float cost) { return std::bit_cast<std::int32_t>(cost); }
float cost_of(std::int32_t bits) { return std::bit_cast<float>(bits); }

/// What the indices of the two parities cost in one context, and what they add to the activity.
struct Offers {
  float cost[2];
  std::int32_t term[2];
  bool takes_zero;  ///< of the even one
};

Offers make_offers(const TrellisQuantizer::Tables& tables, const Coefficient& k, const Candidates& candidates,
                   unsigned quantizer, std::int32_t activity) {
  unsigned select = quantizer;
  for (const std::int32_t threshold : tables.thresholds) select += activity >= threshold ? 2 : 0;
  const std::uint64_t rates = tables.rates[k.first_rates[select] + candidates.rates];
  const auto units = [&](unsigned shift) {
    return static_cast<float>(static_cast<std::int32_t>(rates >> shift & 0xFFFF));
  };
  const float even = candidates.distortion[0] + units(0);
  const float zero = candidates.zero_distortion + units(32);
  Offers out;
  out.takes_zero = bits_of(zero) < bits_of(even);
  out.cost[0] = cost_of(std::min(bits_of(zero), bits_of(even)));
  out.term[0] = out.takes_zero ? 0 : candidates.term[0];
  out.cost[1] = candidates.distortion[1] + units(16);
  out.term[1] = candidates.term[1];
  return out;
}

/// Cost, as its bits, and activity of the best path into each state.
template <unsigned States>
struct Survivors {
  std::int32_t cost[States];
  std::int32_t activity[States];
};

template <unsigned States>
std::int32_t best_activity(const Survivors<States>& survivors, bool any, unsigned quantizer) {
  std::int32_t cost = bits_of(2e30F);
  std::int32_t activity = survivors.activity[0];
  for (unsigned s = 0; s < States; ++s) {
    if (!any && quantizer_of(s) != quantizer) continue;
    const bool better = survivors.cost[s] < cost;
    cost = better ? survivors.cost[s] : cost;
    activity = better ? survivors.activity[s] : activity;
  }
  return activity;
}

template <unsigned StateBits, bool Own>
[[gnu::always_inline]] inline void step(const TrellisQuantizer::Tables& tables, TrellisContexts contexts, const Coefficient& k, float value,
          const Survivors<1u << StateBits>& from, Survivors<1u << StateBits>& to, TrellisRowStep& remembered) {
  constexpr unsigned kStates = 1u << StateBits;
  constexpr unsigned kQuantizers = StateBits == 0 ? 1 : 2;
  Candidates candidates[2];
  for (unsigned quantizer = 0; quantizer < kQuantizers; ++quantizer) {
    candidates[quantizer] = find_candidates<StateBits>(k, value, static_cast<std::int32_t>(quantizer));
    for (unsigned which = 0; which < 2; ++which) {
      remembered.index[quantizer][which] = static_cast<std::int16_t>(candidates[quantizer].index[which]);
    }
  }
  Offers offers[Own ? kStates : 2];
  unsigned takes_zero = 0, from_odd = 0;
  for (unsigned s = 0; s < (Own ? kStates : 2); ++s) {
    const unsigned quantizer = Own ? quantizer_of(s) : s;
    const std::int32_t activity =
        Own ? from.activity[s] : best_activity(from, contexts == TrellisContexts::of_best_path, quantizer);
    offers[s] = make_offers(tables, k, candidates[quantizer], quantizer, activity);
    takes_zero |= static_cast<unsigned>(offers[s].takes_zero) << s;
  }
#pragma GCC unroll 8
  for (unsigned t = 0; t < kStates; ++t) {
    const unsigned even = (t << 1) & (kStates - 1);
    const unsigned odd = StateBits == 0 ? 0 : even + 1;
    const unsigned parity = StateBits == 0 ? 0 : t >> (StateBits - 1);
    const Offers& of_even = offers[Own ? even : quantizer_of(even)];
    const Offers& of_odd = offers[Own ? odd : quantizer_of(odd)];
    const std::int32_t even_cost = bits_of(cost_of(from.cost[even]) + of_even.cost[parity]);
    const std::int32_t odd_cost = bits_of(cost_of(from.cost[odd]) + of_odd.cost[parity ^ 1]);
    const bool is_odd = odd_cost < even_cost;
    const std::int32_t before = is_odd ? from.activity[odd] : from.activity[even];
    to.cost[t] = is_odd ? odd_cost : even_cost;
    to.activity[t] =
        before - (before >> kActivityDecayShift) + (is_odd ? of_odd.term[parity ^ 1] : of_even.term[parity]);
    from_odd |= static_cast<unsigned>(is_odd) << t;
  }
  remembered.takes_zero = static_cast<std::uint8_t>(takes_zero);
  remembered.from_odd = static_cast<std::uint8_t>(from_odd);
}

/// From the best last state back to the first coefficient.
template <unsigned StateBits, bool Own>
void trace_back(const Survivors<1u << StateBits>& survivors, std::size_t count, const TrellisRowStep* steps,
                std::int16_t* levels) {
  constexpr unsigned kStates = 1u << StateBits;
  auto state = static_cast<unsigned>(std::min_element(survivors.cost, survivors.cost + kStates) - survivors.cost);
  for (std::size_t k = count; k-- > 0;) {
    const unsigned from_odd = (steps[k].from_odd >> state) & 1u;
    unsigned odd_index = from_odd;
    if constexpr (StateBits > 0) {
      odd_index ^= state >> (StateBits - 1);
      state = ((state << 1) & (kStates - 1)) | from_odd;
    }
    const unsigned quantizer = StateBits == 0 ? 0 : quantizer_of(state);
    const bool is_zero = ((steps[k].takes_zero >> (Own ? state : quantizer)) & 1u) > odd_index;
    const std::int32_t index = is_zero ? 0 : steps[k].index[quantizer][odd_index];
    levels[k] = static_cast<std::int16_t>(StateBits == 0 ? index : dependent_level(index, quantizer));
  }
}

template <unsigned StateBits, bool Own>
void run(const TrellisQuantizer::Tables& tables, TrellisContexts contexts, const float* coefficients,
         std::int32_t activity, TrellisRowStep* steps, std::int16_t* levels) {
  constexpr float kUnreachable = 1e30F;
  Survivors<1u << StateBits> survivors[2];
  for (unsigned s = 0; s < 1u << StateBits; ++s) {
    survivors[0].cost[s] = bits_of(s == 0 ? 0.0F : kUnreachable);
    survivors[0].activity[s] = activity;
  }
  for (std::size_t k = 0; k < tables.count; ++k) {
    step<StateBits, Own>(tables, contexts, tables.coefficients[k], coefficients[k], survivors[k % 2],
                         survivors[(k + 1) % 2], steps[k]);
  }
  trace_back<StateBits, Own>(survivors[tables.count % 2], tables.count, steps, levels);
}

}  // namespace

void trellis_of_row(const TrellisQuantizer::Tables& tables, unsigned state_bits, TrellisContexts contexts,
                    const float* coefficients, std::int32_t activity, TrellisRowStep* steps, std::int16_t* levels) {
  const bool own = contexts == TrellisContexts::of_each_path;
  if (state_bits == 0) return run<0, true>(tables, contexts, coefficients, activity, steps, levels);
  if (state_bits == 2)
    return (own ? run<2, true> : run<2, false>)(tables, contexts, coefficients, activity, steps, levels);
  return (own ? run<3, true> : run<3, false>)(tables, contexts, coefficients, activity, steps, levels);
}

}  // namespace actz
