#pragma once

#include <cstddef>
#include <cstdint>

#include "base/cpu_kernel.hpp"
#include "base/vector16.hpp"
#include "model/context_model.hpp"
#include "quantize/dependent.hpp"

/// The loops behind ContextLanes, 16 rows at a time.

namespace actz {

inline constexpr std::size_t kContextRows = 16;

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

/// All but the last step: leaves in `select` which of the next coefficient's 16 offsets each row takes.
template <unsigned StateBits>
[[gnu::always_inline]] inline void advance(const ContextAdvance& shared, std::size_t count, const std::int32_t* index,
                                           std::int16_t* levels, std::int32_t* activity, std::int32_t* state,
                                           std::uint32_t* select) {
  for (std::size_t first = 0; first < count; first += kContextRows) {
    I32x16 value, before;
    load(index + first, value);
    load(activity + first, before);
    const I32x16 high = value >> shared.raw_bits;
    I32x16 term = (high < 0 ? -high : high) * shared.weight;
    term = term > kActivityTermLimit ? I32x16{} + kActivityTermLimit : term;
    const I32x16 after = before - (before >> kActivityDecayShift) + term;
    store(after, activity + first);
    I32x16 chosen{};
    for (std::size_t b = 0; b + 1 < kMaxBins; ++b) chosen += (after >= shared.thresholds[b]) * -2;
    I32x16 level = value;
    if constexpr (StateBits > 0) {
      I32x16 left;
      load(state + first, left);
      const I32x16 sign = (value < 0) - (value > 0);
      level = 2 * value - ((left & 2) != 0 ? sign : I32x16{});
      const I32x16 entered = (left >> 1) | (((left ^ value) & 1) << static_cast<int>(StateBits - 1));
      store(entered, state + first);
      chosen += (entered >> 1) & 1;
    }
    store(__builtin_convertvector(level, I16x16), levels + first);
    store(chosen, select + first);
  }
}

template <bool Dependent>
[[gnu::always_inline]] inline bool emit(const ContextEmit& shared, std::size_t count, const std::int16_t* levels,
                                        const std::int32_t* state, std::int32_t* index, std::uint8_t* symbols) {
  I32x16 reaches{};
  for (std::size_t first = 0; first < count; first += kContextRows) {
    I16x16 narrow;
    load(levels + first, narrow);
    I32x16 value = __builtin_convertvector(narrow, I32x16);
    if constexpr (Dependent) {
      I32x16 left;
      load(state + first, left);
      const I32x16 sign = (value < 0) - (value > 0);
      const I32x16 doubled = value + ((left & 2) != 0 ? sign : I32x16{});
      value = (doubled + (doubled < 0 ? I32x16{} + 1 : I32x16{})) >> 1;  // towards zero
    }
    store(value, index + first);
    const I32x16 high = value >> shared.raw_bits;
    const I32x16 code = (high << 1) ^ (high >> 31);
    reaches |= code >= shared.first_escape;
    store(__builtin_convertvector(code, U8x16), symbols + first);
  }
  std::int32_t any = 0;
  for (std::size_t i = 0; i < kContextRows; ++i) any |= reaches[i];
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
