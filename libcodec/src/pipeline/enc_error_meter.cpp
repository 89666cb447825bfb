#include "pipeline/enc_error_meter.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/bytes.hpp"
#include "tensor/finite.hpp"
#include "tensor/float_convert.hpp"

namespace actz {
namespace {

void load_row(DType, std::span<const std::byte> from, std::span<double> to) {
  for (std::size_t c = 0; c < to.size(); ++c) to[c] = std::bit_cast<double>(load_le<std::uint64_t>(&from[c * 8]));
}
void load_row(DType dtype, std::span<const std::byte> from, std::span<float> to) { floats_to_f32(dtype, from, to); }

// Sums for each channel apart: the loops vectorise, and the order of every sum is that of the rows.

template <class Float>
void add_errors(const Float* __restrict original, const Float* __restrict decoded, double* __restrict squared,
                double* __restrict largest, std::size_t count) {
  for (std::size_t c = 0; c < count; ++c) {
    const double error = std::fabs(double{original[c]} - double{decoded[c]});
    squared[c] += error * error;
    largest[c] = largest[c] < error ? error : largest[c];
  }
}

template <class Float>
void add_centred(const Float* __restrict values, const double* __restrict centre, double* __restrict sum,
                 double* __restrict square_sum, std::size_t count) {
  for (std::size_t c = 0; c < count; ++c) {
    const double centred = double{values[c]} - centre[c];
    sum[c] += centred;
    square_sum[c] += centred * centred;
  }
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
  const std::size_t width = element_bytes(dtype_);
  load_row(dtype_, elements_.subspan(row * d * width, d * width), original);
  load_row(dtype_, decoded_.subspan(row * d * width, d * width), decoded);
  for (std::size_t c = is_close(original, decoded) ? d : 0; c < d; ++c) {
    if (std::fabs(double{original[c]} - double{decoded[c]}) <= limit_) continue;
    const std::size_t element = row * d + c;
    patched_.push_back(element);
    std::copy_n(&elements_[element * width], width, &decoded_[element * width]);
    if (!std::isfinite(original[c])) original[c] = static_cast<Float>(centre_[c]);
    decoded[c] = original[c];
  }
  add_errors(original.data(), decoded.data(), squared_error_.data(), largest_error_.data(), d);
  add_centred(original.data(), centre_.data(), sum_.data(), square_sum_.data(), d);
}

template <class Float>
bool ErrorMeter::is_close(const std::vector<Float>& original, const std::vector<Float>& decoded) const {
  unsigned beyond = 0;  // no early exit: the loop vectorises
  for (std::size_t c = 0; c < original.size(); ++c) {
    beyond |= static_cast<unsigned>(!(std::fabs(double{original[c]} - double{decoded[c]}) <= limit_));
  }
  return beyond == 0;
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
