#pragma once

#include <cstddef>
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

  /// Tabulated bits, kStride for each class.
  const std::vector<float>& bits() const { return table_; }
  /// Where in bits() the value 0 of coefficient k stands.
  std::int32_t zero_index(std::size_t coefficient) const { return class_of_[coefficient] * kStride + kWindow; }

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
  UniformQuantizer(const RateTable& rates, std::vector<float> column_energy, float lambda);

  void quantize(std::span<const float* const> coefficients, std::span<std::int16_t* const> levels,
                std::span<const std::int32_t> activity = {}, std::span<const float> slopes = {}) const override;

  /// What the kernels see: arrays of one element per coefficient, but `bits`.
  struct Tables {
    const float* energy_over_lambda;
    const std::int32_t* zero_index;  ///< where in `bits` the value 0 stands
    const float* zero_bits;          ///< what stands there
    const float* bits;
    std::size_t count;
    float distortion_weight;  ///< one over the slope of the row at hand
  };

 private:
  std::vector<float> energy_over_lambda_;
  std::vector<std::int32_t> zero_index_;
  std::vector<float> zero_bits_;
  std::vector<float> bits_;
};

}  // namespace actz
