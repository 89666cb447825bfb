#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "model/context_model.hpp"
#include "quantize/dependent.hpp"

namespace actz {

/// Visits the coefficients of a row of levels in coding order with what the context model makes of each:
/// visit(coefficient, bin, quantizer, index). Training and the encoder use it; a decoder learns the levels on the way.
template <class Visit>
void visit_contexts(const ContextModel& model, unsigned state_bits, const std::int16_t* levels, Visit visit) {
  unsigned state = 0;
  std::int32_t activity = kActivityStart;
  for (std::size_t k = 0; k < model.coefficients(); ++k) {
    const unsigned quantizer = quantizer_of(state);
    const std::int32_t index = state_bits == 0 ? levels[k] : dependent_index(levels[k], quantizer);
    visit(k, model.bin_of(activity), quantizer, index);
    activity = next_activity(activity, std::abs(index >> model.raw_bits[k]), model.weight[k]);
    state = next_state(state, index, state_bits);
  }
}

}  // namespace actz
