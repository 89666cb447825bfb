#include "pipeline/row_output.hpp"

#include <algorithm>
#include <bit>

#include "base/bytes.hpp"
#include "container/scaled_centre.hpp"
#include "linear/int_linear.hpp"
#include "tensor/float_convert.hpp"

namespace actz {

RowOutput::RowOutput(const TensorHeader& tensor, const CodecModel& model, std::span<std::byte> to)
    : dtype_(tensor.dtype),
      unit_(tensor.unit),
      centre_(scaled_centre(model, tensor.centre_scale)),
      to_(to),
      narrow_(tensor.channels),
      wide_(dtype_ == DType::f64 ? tensor.channels : 0) {}

void RowOutput::store(std::size_t row, const std::int32_t* fixed) {
  const std::size_t row_bytes = narrow_.size() * element_bytes(dtype_);
  const auto bytes = to_.subspan(row * row_bytes, row_bytes);
  if (dtype_ == DType::f64) {
    to_double(fixed, centre_.data(), double{unit_}, wide_.data(), wide_.size());
    for (std::size_t c = 0; c < wide_.size(); ++c) {
      store_le(&bytes[c * sizeof(double)], std::bit_cast<std::uint64_t>(wide_[c]));
    }
    return;
  }
  to_float(fixed, centre_.data(), unit_, narrow_.data(), narrow_.size());
  floats_from_f32(dtype_, narrow_, bytes);
}

}  // namespace actz
