#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "model/context_model.hpp"
#include "quantize/dependent.hpp"

namespace actz {

/// Levels of many rows, row-major [row][coefficient], with the match class of each row, if rows are matched.
struct LevelRows {
  std::span<const std::int16_t> levels;
  std::span<const std::uint8_t> match_class = {};

  /// Activity that a row starts with.
  /// @param start_activity  of each match class.
  std::int32_t start(std::size_t row, std::span<const std::uint16_t> start_activity) const {
    return match_class.empty() || start_activity.empty() ? kActivityStart : start_activity[match_class[row]];
  }
};

/// Visits the coefficients of a row of levels in coding order with what the context model makes of each:
/// visit(coefficient, bin, quantizer, index). Training and the encoder use it; a decoder learns the levels on the way.
/// @param activity  that the row starts with.
template <class Visit>
void visit_contexts(const ContextModel& model, unsigned state_bits, const std::int16_t* levels, std::int32_t activity,
                    Visit visit) {
  unsigned state = 0;
  for (std::size_t k = 0; k < model.coefficients(); ++k) {
    const unsigned quantizer = quantizer_of(state);
    const std::int32_t index = state_bits == 0 ? levels[k] : dependent_index(levels[k], quantizer);
    visit(k, model.bin_of(activity), quantizer, index);
    activity = next_activity(activity, std::abs(index >> model.raw_bits[k]), model.weight[k]);
    state = next_state(state, index, state_bits);
  }
}

}  // namespace actz
