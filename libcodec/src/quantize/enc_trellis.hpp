#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "linear/aligned_vector.hpp"
#include "model/enc_context_rates.hpp"
#include "quantize/row_quantizer.hpp"

namespace actz {

/// Rate–distortion optimised decisions under a context model: for every row the path through the states of the
/// quantiser that minimises Σ energy · (coefficient − level)² + λ · bits, by the Viterbi algorithm. Each survivor carries
/// its own activity, so the bits are those that the coder will spend. With a uniform quantiser there is one state, and
/// each coefficient is decided in turn.
class TrellisQuantizer final : public RowQuantizer {
 public:
  /// @param state_bits     of the quantiser: 0, 2 or 3.
  /// @param column_energy  distortion of an error of one level, per coefficient.
  /// @param lambda         distortion worth one bit, in the units of column_energy; 0 minimises the distortion alone.
  TrellisQuantizer(const ContextModel& model, const ContextRates& rates, unsigned state_bits,
                   const std::vector<float>& column_energy, float lambda);

  void quantize(std::span<const float* const> coefficients, std::span<std::int16_t* const> levels) const override;

  /// One coefficient as the kernels see it.
  struct Coefficient {
    float energy_over_lambda;
    std::int32_t weight;
    std::int32_t raw_bits;
    float raw_cost;                        ///< bits of the raw bits
    std::int32_t first_bits[2 * ContextModel::kMaxBins];  ///< bin · 2 + quantiser: where the bits of index 0 stand
  };
  /// What all coefficients share.
  struct Tables {
    const Coefficient* coefficients;
    std::size_t count;
    const float* bits;
    std::int32_t thresholds[ContextModel::kMaxBins - 1];  ///< unused ones above any activity
  };

 private:
  std::vector<Coefficient> coefficients_;
  AlignedVector<float> bits_;
  Tables tables_{};
  unsigned state_bits_;
};

}  // namespace actz
