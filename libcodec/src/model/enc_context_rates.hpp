#pragma once

#include <cstdint>
#include <vector>

#include "model/context_model.hpp"

namespace actz {

/// Bits that a context model spends on an index without its raw bits, as the encoder sees them when it decides.
class ContextRates {
 public:
  static constexpr int kWindow = 64;  ///< indices −kWindow…kWindow are tabulated; those beyond cost as much
  static constexpr int kStride = 2 * kWindow + 1;

  explicit ContextRates(const ContextModel& model);
  /// A geometric prior (1 + 1.2 bits per unit of magnitude) in every table, for the first round of training.
  static ContextRates geometric(const ContextModel& model);

  /// Element table · kStride + kWindow + index.
  const float* bits() const { return bits_.data(); }

 private:
  ContextRates() = default;
  std::vector<float> bits_;
};

/// Bits of the code for `index` (without raw bits) in a table: its symbol, and the excess after an escape.
float context_symbol_bits(const ContextModel& model, unsigned table, std::int32_t index);

/// A model before training: one table for all coefficients, of any shape; every index costs the same but for its size.
ContextModel untrained_context_model(std::uint32_t coefficients, unsigned quantizers);

}  // namespace actz
