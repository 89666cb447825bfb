#pragma once

#include <cstdint>

#include "generated/format_limits.hpp"

/// The states of the dependent quantiser (format_spec/06_models.md), 4 or 8 of them: state_bits is 2 or 3, or 0 for the
/// uniform quantiser. Two uniform quantisers share the grid of half their step: Q0 has its even points, Q1 its odd
/// points and zero. The parities of the indices before a coefficient in its row say which of them it uses, so the
/// admissible rows form a trellis, denser in the space of rows than any scalar grid. After Schwarz, Nguyen, Marpe and
/// Wiegand, "Hybrid video coding with trellis-coded quantization", DCC 2019.

namespace actz {

/// Quantiser, 0 or 1, that a state stands for.
inline unsigned quantizer_of(unsigned state) { return (state >> 1) & 1; }

/// State after an index. Rows start in state 0.
inline unsigned next_state(unsigned state, std::int32_t index, unsigned state_bits) {
  if (state_bits == 0) return 0;
  return (state >> 1) | (((state ^ static_cast<unsigned>(index)) & 1) << (state_bits - 1));
}

/// Level, in half steps, of an index of a dependent quantiser.
inline std::int32_t dependent_level(std::int32_t index, unsigned quantizer) {
  const std::int32_t sign = (index > 0) - (index < 0);
  return 2 * index - sign * static_cast<std::int32_t>(quantizer);
}

/// Index of a level that the quantiser has.
inline std::int32_t dependent_index(std::int32_t level, unsigned quantizer) {
  const std::int32_t sign = (level > 0) - (level < 0);
  return (level + sign * static_cast<std::int32_t>(quantizer)) / 2;
}

}  // namespace actz
