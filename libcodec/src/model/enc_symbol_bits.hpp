#pragma once

#include <cstdint>

#include "model/static_model.hpp"

namespace actz {

/// Bits a static model spends on `value` in a class: symbol, raw bits, and escape where needed. Encoder side only.
float symbol_bits(const StaticModel& model, unsigned class_index, std::int32_t value);

}  // namespace actz
