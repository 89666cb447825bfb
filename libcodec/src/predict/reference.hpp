#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "linear/int_linear.hpp"
#include "linear/row_block.hpp"

namespace actz {

/// Prediction of a row from the same row, and from those before it, of another tensor of the file, decoded before
/// (format_spec/04_transforms.md).
/// An element x of the reference becomes the input saturate(round((x − centre) · scale) >> input_shift); the scale
/// stands in the TENSOR section, because the tensor may be coded with another unit than the model was trained at.
struct Reference {
  std::uint32_t channels = 0;  ///< of the reference; 0: none
  /// Of the reference that a row is predicted from: its own and those before it
  std::uint8_t rows = 1;
  float scale = 1.0F;                      ///< that goes with the model's unit
  std::vector<float> centre;               ///< reference channels
  std::vector<std::uint8_t> input_shift;   ///< reference channels
  std::vector<std::uint8_t> output_shift;  ///< channels; brings sums to the precision of the synthesis
  std::vector<std::int16_t> matrix;        ///< channels × (rows · reference channels), row-major; its own row first
};

/// A Reference made ready to run. Encoder and decoder run the same code.
class ReferencePredictor {
 public:
  ReferencePredictor(const Reference& reference, std::uint32_t channels);

  /// Inputs of the matrix from elements as binary32, row-major; NaN counts as 0. One subtraction, one multiplication
  /// and one rounding to nearest even for each; the rest is integers.
  RowBlock<std::int16_t> inputs(std::span<const float> elements, float scale) const;

  /// Adds to acc[i] the prediction from row row[i] of the inputs and those before it in its strand.
  /// @param position  of each row in its strand.
  void add(const RowBlock<std::int16_t>& inputs, std::span<const std::size_t> row,
           std::span<const std::size_t> position, std::span<std::int32_t* const> acc) const;

  std::uint32_t reference_channels() const { return static_cast<std::uint32_t>(centre_.size()); }

 private:
  std::vector<float> centre_;
  std::vector<std::uint8_t> input_shift_;
  std::vector<std::uint8_t> output_shift_;
  std::vector<PackedMatrix> by_row_;
};

}  // namespace actz
