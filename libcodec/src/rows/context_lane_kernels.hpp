#pragma once

#include <cstddef>
#include <cstdint>

#include "base/cpu_kernel.hpp"
#include "model/context_model.hpp"
#include "quantize/dependent.hpp"

/// The loops behind ContextLanes, 16 rows at a time.

namespace actz {

inline constexpr std::size_t kContextRows = 16;

/// What a call shares.
struct ContextAdvance {
  const std::int32_t* thresholds;      ///< kMaxBins − 1
  const std::uint32_t* next_offsets;   ///< 16 of the next coefficient
  std::int32_t weight;
  std::int32_t raw_bits;
};

/// Arrays of `count` rows, padded to 16: index in, level out, the others updated.
using ContextAdvanceKernel = void (*)(const ContextAdvance& shared, std::size_t count, const std::int32_t* index,
                                      std::int16_t* levels, std::int32_t* activity, std::int32_t* state,
                                      std::uint32_t* table_offset);
using ContextIndexKernel = bool (*)(const std::uint8_t* symbols, std::size_t count, std::int32_t* index);

struct ContextLaneKernels {
  ContextIndexKernel indices;
  ContextAdvanceKernel advance[kMaxStateBits + 1];  ///< by state bits; 1 is none
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
    alignas(64) std::int32_t level[kContextRows];
    for (std::size_t j = 0; j < kContextRows; ++j) {
      const std::size_t i = first + j;
      const std::int32_t value = index[i];
      const std::int32_t high = value >> shared.raw_bits;
      const std::int32_t raised = next_activity(activity[i], high < 0 ? -high : high, shared.weight);
      activity[i] = raised;
      std::int32_t chosen = 0;
      for (std::size_t b = 0; b + 1 < ContextModel::kMaxBins; ++b) chosen += raised >= shared.thresholds[b] ? 2 : 0;
      if constexpr (StateBits == 0) {
        level[j] = value;
      } else {
        const std::int32_t before = state[i];
        const std::int32_t sign = (value > 0 ? 1 : 0) - (value < 0 ? 1 : 0);
        level[j] = 2 * value - (((before >> 1) & 1) != 0 ? sign : 0);
        const std::int32_t after = (before >> 1) | (((before ^ value) & 1) << (StateBits - 1));
        state[i] = after;
        chosen += (after >> 1) & 1;
      }
      select[i] = static_cast<std::uint32_t>(chosen);
    }
    for (std::size_t j = 0; j < kContextRows; ++j) levels[first + j] = static_cast<std::int16_t>(level[j]);
  }
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
