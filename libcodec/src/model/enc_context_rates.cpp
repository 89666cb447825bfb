#include "model/enc_context_rates.hpp"

#include <bit>
#include <cmath>
#include <cstdlib>

namespace actz {

float context_symbol_bits(const ContextModel& model, unsigned table, std::int32_t index) {
  const std::uint32_t code = zigzag(index);
  const bool escapes = code >= model.code_count[table];
  const double frequency = model.tables.classes[table][escapes ? ContextModel::kEscapeSymbol : code];
  const double bits = model.tables.precision_bits - std::log2(frequency);
  if (!escapes) return static_cast<float>(bits);
  return static_cast<float>(bits + 2.0 * std::bit_width(code - model.code_count[table] + 1) - 1.0);
}

ContextRates::ContextRates(const ContextModel& model) {
  for (unsigned table = 0; table < model.tables.classes.size(); ++table) {
    for (int index = -kWindow; index <= kWindow; ++index) bits_.push_back(context_symbol_bits(model, table, index));
  }
}

ContextRates ContextRates::geometric(const ContextModel& model) {
  ContextRates out;
  for (unsigned table = 0; table < model.tables.classes.size(); ++table) {
    for (int index = -kWindow; index <= kWindow; ++index) {
      out.bits_.push_back(1.0F + 1.2F * static_cast<float>(std::abs(index)));
    }
  }
  return out;
}

ContextModel untrained_context_model(std::uint32_t coefficients, unsigned quantizers) {
  ContextModel out;
  out.tables.precision_bits = kMinPrecisionBits;
  out.tables.classes = {ClassFrequencies(kMaxSymbols)};  // nothing but the escape
  out.tables.classes.front()[ContextModel::kEscapeSymbol] = 1u << kMinPrecisionBits;
  out.code_count = {0};
  out.quantizers = quantizers;
  out.weight.assign(coefficients, 1);
  out.raw_bits.assign(coefficients, 0);
  out.table_of.assign(std::size_t{coefficients} * quantizers, 0);
  return out;
}

}  // namespace actz
