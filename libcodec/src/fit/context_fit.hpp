#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/context_model.hpp"
#include "rows/step_plan.hpp"

namespace actz {

struct ContextFitOptions {
  unsigned precision_bits = 11;
  unsigned tables_per_quantizer = 32;  ///< 64 tables of 2048 entries are 512 KiB
  unsigned bins = kMaxBins;
  double table_cost_bits = 0;  ///< side information that one more table must save
};

/// Learns weights, thresholds, tables and their assignment from the levels of training rows.
/// @param levels   row-major [row][coefficient].
/// @param strands  ranges of rows to learn from.
ContextModel fit_context_model(std::span<const std::int16_t> levels, std::size_t coefficients, unsigned state_bits,
                               std::span<const Strand> strands, const ContextFitOptions& options);

/// Bits that a context model spends.
class ContextCodeLength {
 public:
  /// @param model  borrowed.
  ContextCodeLength(const ContextModel& model, unsigned state_bits);
  /// @param levels  row-major [row][coefficient].
  double bits(std::span<const std::int16_t> levels, std::span<const Strand> strands) const;

 private:
  const ContextModel& model_;
  unsigned state_bits_;
  std::vector<float> bits_of_;  ///< [table][zigzag code]
};

}  // namespace actz
