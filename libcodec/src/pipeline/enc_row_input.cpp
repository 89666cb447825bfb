#include "pipeline/enc_row_input.hpp"

#include <bit>

#include "base/bytes.hpp"
#include "rows/row_reach.hpp"
#include "tensor/float_convert.hpp"

namespace actz {

RowInput::RowInput(const TensorHeader& tensor, std::span<const std::int32_t> centre)
    : dtype_(tensor.dtype),
      channels_(tensor.channels),
      unit_(tensor.unit),
      centre_(centre.begin(), centre.end()),
      float_centre_(centre.begin(), centre.end()) {}

const float* RowInput::centred(std::span<const std::byte> elements, std::size_t row, float* room) const {
  const std::size_t row_bytes = channels_ * element_bytes(dtype_);
  const auto from = elements.subspan(row * row_bytes, row_bytes);
  if (dtype_ == DType::f64) {
    for (std::size_t c = 0; c < channels_; ++c) {
      const auto value = std::bit_cast<double>(load_le<std::uint64_t>(&from[c * 8]));
      room[c] = within_reach(static_cast<float>(value / double{unit_} - centre_[c]));
    }
  } else {
    const float* const values = view_as_f32(dtype_, from, std::span(room, channels_));
    const float scale = 1.0F / unit_;
    const float* const centre = float_centre_.data();
    for (std::size_t c = 0; c < channels_; ++c) room[c] = within_reach(values[c] * scale - centre[c]);
  }
  return room;
}

}  // namespace actz
