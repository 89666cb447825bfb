#pragma once

#include <cstdint>
#include <span>

#include "actz/tensor.hpp"
#include "profile/codec_model.hpp"

namespace actz {

/// What the fit of a lossless model sees of a tensor.
struct LosslessSample {
  DType dtype = DType::f32;
  std::uint32_t channels = 1;
  std::uint64_t total_elements = 0;  ///< of the tensor, to weigh side information against gain
  std::span<const std::byte> rows;   ///< whole rows, C order, little-endian
  unsigned low_zero_bits = 0;        ///< of every element of the tensor
};

/// Bins, classes of channels and tables for a lossless tensor. Milliseconds, whatever the size of the tensor.
CodecModel fit_lossless_model(const LosslessSample& sample);

}  // namespace actz
