#include "pipeline/enc_error_meter.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/bytes.hpp"
#include "tensor/float_convert.hpp"

namespace actz {
namespace {

/// A row of f64 elements as they are.
void load_row(DType, std::span<const std::byte> from, std::span<double> to) {
  for (std::size_t c = 0; c < to.size(); ++c) to[c] = std::bit_cast<double>(load_le<std::uint64_t>(&from[c * 8]));
}
/// A row of narrower elements, exactly.
void load_row(DType dtype, std::span<const std::byte> from, std::span<float> to) { floats_to_f32(dtype, from, to); }

/// Sums over the rows of a chunk, for each channel apart: their loops vectorise, and the order of every sum is the same
/// in each of them.
class ErrorSums {
 public:
  explicit ErrorSums(std::vector<double> centre)
      : centre_(std::move(centre)), error_(centre_.size()), largest_(centre_.size()), sum_(centre_.size()), square_(centre_.size()) {}

  template <class Float>
  void add(const Float* __restrict original, const Float* __restrict decoded) {
    const std::size_t d = centre_.size();
    const double* __restrict centre = centre_.data();
    double* __restrict error_sum = error_.data();
    double* __restrict largest = largest_.data();
    double* __restrict sum = sum_.data();
    double* __restrict square_sum = square_.data();
    for (std::size_t c = 0; c < d; ++c) {
      const double error = std::fabs(double{original[c]} - double{decoded[c]});
      error_sum[c] += error * error;
      largest[c] = largest[c] < error ? error : largest[c];
      const double centred = double{original[c]} - centre[c];
      sum[c] += centred;
      square_sum[c] += centred * centred;
    }
  }

  double centre(std::size_t channel) const { return centre_[channel]; }

  void finish(ChunkStatistics& out) {
    for (const double error : error_) out.squared_error += error;
    for (const double error : largest_) out.max_abs_error = std::max(out.max_abs_error, error);
    out.sum = std::move(sum_);
    out.square_sum = std::move(square_);
  }

 private:
  std::vector<double> centre_;
  std::vector<double> error_;    ///< squared
  std::vector<double> largest_;  ///< error
  std::vector<double> sum_;      ///< of what is centred
  std::vector<double> square_;
};

/// Whether every error is finite and within the limit.
template <class Float>
bool row_is_close(const Float* __restrict original, const Float* __restrict decoded, std::size_t count, double limit) {
  int beyond = 0;
  for (std::size_t c = 0; c < count; ++c) {
    beyond |= static_cast<int>(!(std::fabs(double{original[c]} - double{decoded[c]}) <= limit));
  }
  return beyond == 0;
}

template <class Float>
PatchList measure(const TensorHeader& tensor, double limit, std::span<const std::byte> elements, std::span<std::byte> decoded,
                  ErrorSums& sums) {
  const std::size_t width = element_bytes(tensor.dtype);
  const std::size_t d = tensor.channels;
  PatchList patches;
  std::vector<Float> x(d);
  std::vector<Float> y(d);
  for (std::size_t at = 0; at < elements.size(); at += d * width) {
    load_row(tensor.dtype, elements.subspan(at, d * width), x);
    load_row(tensor.dtype, decoded.subspan(at, d * width), y);
    if (!row_is_close(x.data(), y.data(), d, limit)) {
      for (std::size_t c = 0; c < d; ++c) {
        if (std::fabs(double{x[c]} - double{y[c]}) <= limit) continue;
        const auto element = elements.subspan(at + c * width, width);
        patches.element.push_back(at / width + c);
        patches.values.insert(patches.values.end(), element.begin(), element.end());
        std::copy(element.begin(), element.end(), decoded.begin() + static_cast<std::ptrdiff_t>(at + c * width));
        if (!std::isfinite(x[c])) x[c] = static_cast<Float>(sums.centre(c));
        y[c] = x[c];
      }
    }
    sums.add(x.data(), y.data());
  }
  return patches;
}

}  // namespace

PatchList measure_and_patch(const TensorHeader& tensor, std::span<const std::int32_t> centre, std::optional<double> max_error,
                            std::span<const std::byte> elements, std::span<std::byte> decoded, ChunkStatistics& statistics) {
  std::vector<double> centre_values;
  for (const std::int32_t value : centre) centre_values.push_back(double{tensor.unit} * value);
  ErrorSums sums(std::move(centre_values));
  const double limit = max_error.value_or(std::numeric_limits<double>::max());
  const PatchList patches = tensor.dtype == DType::f64 ? measure<double>(tensor, limit, elements, decoded, sums)
                                                       : measure<float>(tensor, limit, elements, decoded, sums);
  sums.finish(statistics);
  statistics.finite_rows = elements.size() / element_bytes(tensor.dtype) / tensor.channels;
  statistics.patches = patches.element.size();
  return patches;
}

}  // namespace actz
