#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "actz/profile.hpp"
#include "model/context_model.hpp"
#include "rows/row_contexts.hpp"
#include "rows/step_plan.hpp"

namespace actz {

struct ContextFitOptions {
  unsigned precision_bits = 11;
  unsigned tables_per_quantizer = 32;  ///< 64 tables of 2048 entries are 512 KiB
  unsigned bins = kMaxBins;
  Density density = Density::automatic;
  double table_cost_bits = 0;  ///< side information that one more table must save
  unsigned match_classes = 0;  ///< of the model, if rows are matched
};

struct ContextFit {
  ContextModel model;
  std::vector<std::uint16_t> start_activity;  ///< of each match class, if rows are matched
};

/// Learns weights, thresholds, tables and their assignment from the levels of training rows.
/// @param strands  ranges of rows to learn from.
ContextFit fit_context_model(const LevelRows& levels, std::size_t coefficients, unsigned state_bits,
                             std::span<const Strand> strands, const ContextFitOptions& options);

/// Bits that a context model spends.
class ContextCodeLength {
 public:
  /// @param model  borrowed.
  ContextCodeLength(const ContextModel& model, unsigned state_bits);
  /// @param start_activity  of each match class; empty: all kActivityStart.
  double bits(const LevelRows& levels, std::span<const std::uint16_t> start_activity,
              std::span<const Strand> strands) const;

 private:
  const ContextModel& model_;
  unsigned state_bits_;
  std::vector<float> bits_of_;  ///< [table][zigzag code]
};

}  // namespace actz
