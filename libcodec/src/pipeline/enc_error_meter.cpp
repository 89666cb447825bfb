#include "pipeline/enc_error_meter.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/bytes.hpp"
#include "linear/channel_sums.hpp"
#include "tensor/finite.hpp"
#include "tensor/float_convert.hpp"

namespace actz {
namespace {

const double* row_view(DType, std::span<const std::byte> from, std::vector<double>& room) {
  for (std::size_t c = 0; c < room.size(); ++c) room[c] = std::bit_cast<double>(load_le<std::uint64_t>(&from[c * 8]));
  return room.data();
}
const float* row_view(DType dtype, std::span<const std::byte> from, std::vector<float>& room) {
  return view_as_f32(dtype, from, room);
}

}  // namespace

ErrorMeter::ErrorMeter(const TensorHeader& tensor, std::span<const std::int32_t> centre, double max_error,
                       std::span<const std::byte> elements, std::span<std::byte> decoded)
    : dtype_(tensor.dtype),
      limit_(max_error),
      elements_(elements),
      decoded_(decoded),
      squared_error_(tensor.channels),
      largest_error_(tensor.channels),
      sum_(tensor.channels),
      square_sum_(tensor.channels) {
  for (const std::int32_t value : centre) centre_.push_back(double{tensor.unit} * value);
  for (std::size_t side = 0; side < 2; ++side) {
    if (dtype_ == DType::f64) wide_[side].resize(tensor.channels);
    else narrow_[side].resize(tensor.channels);
  }
}

void ErrorMeter::measure(std::size_t row) {
  if (dtype_ == DType::f64) measure_as(row, wide_[0], wide_[1]);
  else measure_as(row, narrow_[0], narrow_[1]);
}

template <class Float>
void ErrorMeter::measure_as(std::size_t row, std::vector<Float>& original, std::vector<Float>& decoded) {
  const std::size_t d = centre_.size();
  const std::size_t row_bytes = d * element_bytes(dtype_);
  const Float* x = row_view(dtype_, elements_.subspan(row * row_bytes, row_bytes), original);
  const Float* y = row_view(dtype_, decoded_.subspan(row * row_bytes, row_bytes), decoded);
  if (!all_within(x, y, limit_, d)) {
    if (x != original.data()) std::copy_n(x, d, original.begin());
    if (y != decoded.data()) std::copy_n(y, d, decoded.begin());
    patch(row, original, decoded);
    x = original.data();
    y = decoded.data();
  }
  add_errors(x, y, squared_error_.data(), largest_error_.data(), d);
  add_moments(x, centre_.data(), sum_.data(), square_sum_.data(), d);
}

template <class Float>
void ErrorMeter::patch(std::size_t row, std::vector<Float>& original, std::vector<Float>& decoded) {
  const std::size_t width = element_bytes(dtype_);
  for (std::size_t c = 0; c < original.size(); ++c) {
    if (std::fabs(double{original[c]} - double{decoded[c]}) <= limit_) continue;
    const std::size_t element = row * original.size() + c;
    patched_.push_back(element);
    std::copy_n(&elements_[element * width], width, &decoded_[element * width]);
    if (!std::isfinite(original[c])) original[c] = static_cast<Float>(centre_[c]);
    decoded[c] = original[c];
  }
}

PatchList ErrorMeter::finish(ChunkStatistics& statistics) {
  for (const double error : squared_error_) statistics.squared_error += error;
  for (const double error : largest_error_) statistics.max_abs_error = std::max(statistics.max_abs_error, error);
  const std::size_t width = element_bytes(dtype_);
  statistics.sum = std::move(sum_);
  statistics.square_sum = std::move(square_sum_);
  statistics.finite_rows = elements_.size() / width / centre_.size();
  statistics.patches = patched_.size();
  std::sort(patched_.begin(), patched_.end());
  PatchList out;
  out.element.assign(patched_.begin(), patched_.end());
  for (const std::size_t element : patched_) {
    const auto value = elements_.subspan(element * width, width);
    out.values.insert(out.values.end(), value.begin(), value.end());
  }
  return out;
}

}  // namespace actz
