#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/static_model.hpp"
#include "quantize/row_quantizer.hpp"

namespace actz {

/// Bits that a static model spends on each value, as the encoder sees them when it decides.
class RateTable {
 public:
  static constexpr int kWindow = 64;  ///< values −kWindow…kWindow are tabulated
  static constexpr int kStride = 2 * kWindow + 1;

  explicit RateTable(const StaticModel& model);
  /// A geometric prior (1 + 1.2 bits per unit of magnitude) for the first round of training.
  static RateTable geometric(std::size_t coefficients);

  /// Bits of `value` in coefficient k.
  float bits(std::size_t coefficient, int value) const;
  /// Tabulated bits of coefficient k: element kWindow + value.
  const float* window(std::size_t coefficient) const { return &table_[std::size_t{class_of_[coefficient]} * kStride]; }

 private:
  RateTable() = default;
  std::vector<float> table_;
  std::vector<std::uint8_t> class_of_;
};

/// Rate–distortion optimised decisions of a uniform quantiser: for every coefficient the value that minimises
/// energy · (coefficient − value)² + λ · bits among the nearest integer, the one below it in magnitude, and 0.
/// The decoder knows nothing of this. After Sullivan and Wiegand, "Rate-distortion optimization for video
/// compression", IEEE SPM 15(6), 1998.
class UniformQuantizer final : public RowQuantizer {
 public:
  /// @param column_energy  distortion of an error of one step, per coefficient.
  /// @param lambda         distortion worth one bit, in the units of column_energy; 0 rounds to nearest.
  UniformQuantizer(RateTable rates, std::vector<float> column_energy, float lambda);

  void quantize(std::span<const float* const> coefficients, std::span<std::int16_t* const> levels) const override;

 private:
  void quantize_row(const float* coefficients, std::int16_t* levels) const;

  RateTable rates_;
  std::vector<float> energy_over_lambda_;
  bool optimize_;
};

}  // namespace actz
