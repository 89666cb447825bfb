#include "metric_option.hpp"

#include <algorithm>
#include <cmath>

#include "base/try.hpp"
#include "linear/float_linear.hpp"
#include "loaded_tensors.hpp"

namespace actz::cli {
namespace {

constexpr std::size_t kBlockRows = 256;

/// Σ over rows of rowᵀ M row, from the second moments of the rows.
double weigh(const MetricFile& metric, const std::vector<double>& moments) {
  double sum = 0;
  for (std::size_t i = 0; i < moments.size(); ++i) sum += metric.values[i] * moments[i];
  return sum;
}

/// Adds the second moments of rows: of all pairs of channels, or of each channel with itself.
void add_moments(const std::vector<float>& rows, const MetricFile& metric, std::vector<double>& moments) {
  const std::size_t d = metric.channels;
  if (metric.dense) {
    accumulate_gram(rows.data(), d, d, rows.data(), d, d, rows.size() / d, moments.data());
    return;
  }
  for (std::size_t i = 0; i < rows.size(); ++i) moments[i % d] += double{rows[i]} * double{rows[i]};
}

bool is_finite_row(const Tensor& x, std::size_t first, std::size_t d) {
  for (std::size_t c = 0; c < d; ++c) {
    if (!std::isfinite(value_at(x, first + c))) return false;
  }
  return true;
}

}  // namespace

Result<MetricFile> load_metric(const std::string& path) {
  ACTZ_TRY(const auto file, io::open_tensors(path, {}));
  const auto wrong = [](const std::string& message) {
    return Error{ErrorCode::bad_argument, Error::kNoOffset, message};
  };
  if (file->tensors().size() != 1) return wrong("a metric is one tensor");
  const io::TensorInfo info = file->tensors()[0];
  const bool square = info.shape.size() == 2 && info.shape[0] == info.shape[1];
  if (info.shape.size() != 1 && !square) {
    return wrong("a metric is a square matrix or a vector, not " + to_string(info.shape));
  }
  ACTZ_TRY(const auto count, element_count(info.shape, info.dtype));
  Tensor tensor{info.name, info.dtype, info.shape,
                std::vector<std::byte>(static_cast<std::size_t>(count) * element_bytes(info.dtype))};
  ACTZ_TRY(const auto source, file->open(0));
  ACTZ_CHECK(source->read(0, tensor.bytes));
  MetricFile out{static_cast<std::size_t>(info.shape[0]), square, {}};
  for (std::size_t i = 0; i < count; ++i) out.values.push_back(value_at(tensor, i));
  return out;
}

MetricDistortion metric_distortion(const Tensor& x, const Tensor& y, const MetricFile& metric) {
  const std::size_t d = metric.channels;
  const std::size_t rows = x.bytes.size() / element_bytes(x.dtype) / d;
  std::vector<std::size_t> kept;
  std::vector<double> mean(d);
  for (std::size_t row = 0; row < rows; ++row) {
    if (!is_finite_row(x, row * d, d) || !is_finite_row(y, row * d, d)) continue;
    kept.push_back(row * d);
    for (std::size_t c = 0; c < d; ++c) mean[c] += value_at(x, row * d + c);
  }
  for (double& value : mean) value /= static_cast<double>(std::max<std::size_t>(kept.size(), 1));
  std::vector<double> error_moments(metric.values.size()), energy_moments(metric.values.size());
  std::vector<float> error, centred;
  for (std::size_t at = 0; at < kept.size(); at += kBlockRows) {
    error.clear();
    centred.clear();
    for (std::size_t i = at; i < std::min(at + kBlockRows, kept.size()); ++i) {
      for (std::size_t c = 0; c < d; ++c) {
        const double value = value_at(x, kept[i] + c);
        error.push_back(static_cast<float>(value - value_at(y, kept[i] + c)));
        centred.push_back(static_cast<float>(value - mean[c]));
      }
    }
    add_moments(error, metric, error_moments);
    add_moments(centred, metric, energy_moments);
  }
  return {weigh(metric, error_moments), weigh(metric, energy_moments)};
}

}  // namespace actz::cli
