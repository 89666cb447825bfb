#pragma once

#include <cstddef>
#include <cstdint>

#include "base/cpu_kernel.hpp"
#include "base/vectors.hpp"
#include "model/context_model.hpp"
#include "quantize/dependent.hpp"

/// The loops behind ContextLanes, rows side by side.

namespace actz {

inline constexpr std::size_t kContextRows = 16;  ///< arrays are padded to a multiple

/// What a call shares.
struct ContextAdvance {
  const std::int32_t* thresholds;     ///< kMaxBins − 1
  const std::uint32_t* next_offsets;  ///< 16 of the next coefficient
  std::int32_t weight;
  std::int32_t raw_bits;
};

/// Arrays of `count` rows, padded to 16: index in, level out, the others updated.
using ContextAdvanceKernel = void (*)(const ContextAdvance& shared, std::size_t count, const std::int32_t* index,
                                      std::int16_t* levels, std::int32_t* activity, std::int32_t* state,
                                      std::uint32_t* table_offset);
using ContextIndexKernel = bool (*)(const std::uint8_t* symbols, std::size_t count, std::int32_t* index);

/// The encoder's way: levels and states in, indices and symbols out. Returns whether a code reaches `first_escape`.
struct ContextEmit {
  std::int32_t raw_bits;
  std::int32_t first_escape;  ///< smaller codes are symbols whatever the table
};
using ContextEmitKernel = bool (*)(const ContextEmit& shared, std::size_t count, const std::int16_t* levels,
                                   const std::int32_t* state, std::int32_t* index, std::uint8_t* symbols);

struct ContextLaneKernels {
  ContextIndexKernel indices;
  ContextAdvanceKernel advance[kMaxStateBits + 1];  ///< by state bits; 1 is none
  ContextEmitKernel emit[2];                        ///< of the uniform and of the dependent quantiser
};

extern const ContextLaneKernels kContextLanesScalar;
#if defined(__x86_64__)
extern const ContextLaneKernels kContextLanesAvx2;
extern const ContextLaneKernels kContextLanesAvx512;
#endif

namespace context_lanes {

/// `Lanes` is one of Vectors. All but the last step: leaves in `select` which of the next coefficient's 16 offsets each
/// row takes.
template <class Lanes, unsigned StateBits>
[[gnu::always_inline]] inline void advance(const ContextAdvance& shared, std::size_t count, const std::int32_t* index,
                                           std::int16_t* levels, std::int32_t* activity, std::int32_t* state,
                                           std::uint32_t* select) {
  using I32 = typename Lanes::I32;
  for (std::size_t first = 0; first < count; first += Lanes::kLanes) {
    I32 value, before;
    load(index + first, value);
    load(activity + first, before);
    const I32 high = value >> shared.raw_bits;
    I32 term = (high < 0 ? -high : high) * shared.weight;
    term = term > kActivityTermLimit ? I32{} + kActivityTermLimit : term;
    const I32 after = before - (before >> kActivityDecayShift) + term;
    store(after, activity + first);
    I32 chosen{};
    for (std::size_t b = 0; b + 1 < kMaxBins; ++b) chosen += (after >= shared.thresholds[b]) * -2;
    I32 level = value;
    if constexpr (StateBits > 0) {
      I32 left;
      load(state + first, left);
      const I32 sign = (value < 0) - (value > 0);
      level = 2 * value - ((left & 2) != 0 ? sign : I32{});
      const I32 entered = (left >> 1) | (((left ^ value) & 1) << static_cast<int>(StateBits - 1));
      store(entered, state + first);
      chosen += (entered >> 1) & 1;
    }
    store_narrow(level, levels + first);
    store(chosen, select + first);
  }
}

template <class Lanes, bool Dependent>
[[gnu::always_inline]] inline bool emit(const ContextEmit& shared, std::size_t count, const std::int16_t* levels,
                                        const std::int32_t* state, std::int32_t* index, std::uint8_t* symbols) {
  using I32 = typename Lanes::I32;
  I32 reaches{};
  for (std::size_t first = 0; first < count; first += Lanes::kLanes) {
    I32 value;
    load_widened(levels + first, value);
    if constexpr (Dependent) {
      I32 left;
      load(state + first, left);
      const I32 sign = (value < 0) - (value > 0);
      const I32 doubled = value + ((left & 2) != 0 ? sign : I32{});
      value = (doubled + (doubled < 0 ? I32{} + 1 : I32{})) >> 1;  // towards zero
    }
    store(value, index + first);
    const I32 high = value >> shared.raw_bits;
    const I32 code = (high << 1) ^ (high >> 31);
    reaches |= code >= shared.first_escape;
    store_narrow(code, symbols + first);
  }
  std::int32_t any = 0;
  for (std::size_t i = 0; i < Lanes::kLanes; ++i) any |= reaches[i];
  return any != 0;
}

[[gnu::always_inline]] inline bool indices(const std::uint8_t* symbols, std::size_t count, std::int32_t* index) {
  std::int32_t escapes = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int32_t code = symbols[i];
    index[i] = (code >> 1) ^ -(code & 1);
    escapes |= code == ContextModel::kEscapeSymbol ? 1 : 0;
  }
  return escapes != 0;
}

}  // namespace context_lanes
}  // namespace actz
