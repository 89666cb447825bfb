#include "model/enc_symbol_bits.hpp"

#include <algorithm>
#include <cmath>

namespace actz {
namespace {

/// Bits of a value outside the tabulated range of its class: side bit and Exp-Golomb code of the excess.
float escape_bits(const StaticModel& model, unsigned class_index, int value) {
  const ClassFrequencies& frequencies = model.tables.classes[class_index];
  const SymbolRange& range = model.ranges[class_index];
  const int low = range.lowest * (1 << range.raw_bits);
  const int end = (range.lowest + static_cast<int>(frequencies.size()) - 1) * (1 << range.raw_bits);
  const int excess = value < low ? low - 1 - value : std::max(value - end, 0);
  const double escape_symbol_bits =
      frequencies.back() == 0 ? 64.0 : model.tables.precision_bits - std::log2(static_cast<double>(frequencies.back()));
  return static_cast<float>(escape_symbol_bits + 2.0 + 2.0 * std::floor(std::log2(excess + 1.0)));
}

}  // namespace

float symbol_bits(const StaticModel& model, unsigned class_index, std::int32_t value) {
  const ClassFrequencies& frequencies = model.tables.classes[class_index];
  const SymbolRange& range = model.ranges[class_index];
  const int symbol = (value >> range.raw_bits) - range.lowest;
  const bool coded = symbol >= 0 && symbol + 1 < static_cast<int>(frequencies.size()) &&
                     frequencies[static_cast<std::size_t>(symbol)] > 0;
  if (!coded) return escape_bits(model, class_index, value);
  const auto frequency = static_cast<double>(frequencies[static_cast<std::size_t>(symbol)]);
  return static_cast<float>(model.tables.precision_bits - std::log2(frequency) + range.raw_bits);
}

}  // namespace actz
