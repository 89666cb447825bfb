#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "linear/aligned_vector.hpp"
#include "model/enc_context_rates.hpp"
#include "quantize/row_quantizer.hpp"

namespace actz {

/// Bits of the points that a coefficient between two of them may take, one entry to fetch for all: in 1/256 bit, the
/// one of even index (bits 0…15), that of odd index (16…31), zero (32…47). Of the uniform quantiser: the nearest, the
/// next one towards zero, zero.
struct TrellisRates {
  static constexpr std::int32_t kWindow = 31;  ///< larger magnitudes share an entry
  /// Of a table: not negative by magnitude, then negative
  static constexpr std::int32_t kEntries = 2 * (kWindow + 1);
};

/// Whose activity the bits of a path are reckoned with.
enum class TrellisContexts {
  /// Its own: what the coder will spend.
  of_each_path,
  /// That of the best path in a state of the same quantiser: two look-ups a coefficient instead of 4 or 8.
  of_each_quantizer,
  /// That of the best path: as many look-ups, but one bin for both.
  of_best_path
};

/// Rate–distortion optimised decisions under a context model: for every row the path through the states of the
/// quantiser that minimises Σ energy · (coefficient − level)² + λ · bits, by the Viterbi algorithm. With a
/// uniform quantiser there is one state, and each coefficient is decided in turn.
class TrellisQuantizer final : public RowQuantizer {
 public:
  /// @param state_bits     of the quantiser: 0, 2 or 3.
  /// @param column_energy  distortion of an error of one level, per coefficient.
  /// @param lambda         distortion worth one bit, in the units of column_energy; 0 minimises the distortion alone.
  TrellisQuantizer(const ContextModel& model, const ContextRates& rates, unsigned state_bits,
                   const std::vector<float>& column_energy, float lambda, TrellisContexts contexts);

  void quantize(std::span<const float* const> coefficients, std::span<std::int16_t* const> levels,
                std::span<const std::int32_t> activity = {}, std::span<const float> slopes = {}) const override;

  /// One coefficient as the kernels see it.
  struct Coefficient {
    alignas(64) std::int32_t first_rates[2 * kMaxBins];  ///< by bin · 2 + quantiser: its table's first entry
    float energy_over_lambda;                            ///< costs are in 1/256 bit
    float raw_cost;                                      ///< of the raw bits
    std::int32_t weight;
    std::int32_t raw_bits;
  };
  /// What all coefficients share.
  struct Tables {
    const Coefficient* coefficients;
    std::size_t count;
    const std::uint64_t* rates;
    std::int32_t thresholds[kMaxBins - 1];  ///< unused ones above any activity
    // of the rows at hand
    const std::int32_t* start_activity;
    const float* distortion_weight;  ///< one over the slope
  };

 private:
  AlignedVector<Coefficient> coefficients_;
  AlignedVector<std::uint64_t> rates_;
  Tables tables_{};
  unsigned state_bits_;
  TrellisContexts contexts_;
};

}  // namespace actz
