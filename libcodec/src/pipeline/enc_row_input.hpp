#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "container/fields.hpp"

namespace actz {

/// Turns elements of a tensor into rows in fixed-point units, the centre subtracted; what is not finite or out of range
/// becomes 0 here and is patched. The twin of RowOutput.
class RowInput {
 public:
  /// @param centre  of the model, in units of the tensor.
  RowInput(const TensorHeader& tensor, std::span<const std::int32_t> centre);

  /// @param elements  C order. @param row  of them. @param room  channels values.
  const float* centred(std::span<const std::byte> elements, std::size_t row, float* room) const;

 private:
  DType dtype_;
  std::size_t channels_;
  float unit_;
  std::vector<std::int32_t> centre_;
  std::vector<float> float_centre_;
};

}  // namespace actz
