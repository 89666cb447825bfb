#include "profile/metric_section.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/byte_reader.hpp"
#include "base/byte_writer.hpp"
#include "base/try.hpp"

namespace actz {
namespace {

constexpr std::uint32_t kDiagonal = 1;
constexpr std::uint32_t kLowerTriangle = 2;

Error broken_metric() { return {ErrorCode::corrupt, Error::kNoOffset, "the metric of the profile is broken"}; }

}  // namespace

std::vector<std::byte> write_metric(const TaskMetric& metric, std::uint32_t channels) {
  ByteWriter out;
  out.u32(channels);
  out.u32(metric.dense ? kLowerTriangle : kDiagonal);
  if (!metric.dense) {
    for (const float weight : metric.weights) out.u32(std::bit_cast<std::uint32_t>(weight));
    return out.take();
  }
  for (std::size_t row = 0; row < channels; ++row) {
    for (std::size_t column = 0; column <= row; ++column) {
      out.u32(std::bit_cast<std::uint32_t>(metric.weights[row * channels + column]));
    }
  }
  return out.take();
}

Result<TaskMetric> read_metric(std::span<const std::byte> payload, std::uint32_t channels) {
  if (payload.empty()) return TaskMetric{};
  ByteReader reader(payload);
  ACTZ_TRY(const auto stored_channels, reader.u32("the channels of the metric"));
  ACTZ_TRY(const auto layout, reader.u32("the layout of the metric"));
  const std::uint64_t d = channels;
  const std::uint64_t count = layout == kLowerTriangle ? d * (d + 1) / 2 : d;
  const bool fits = stored_channels == channels && (layout == kDiagonal || layout == kLowerTriangle) &&
                    reader.remaining_bytes() == 4 * count;
  if (!fits) return broken_metric();  // R-PROF-10
  TaskMetric out;
  out.dense = layout == kLowerTriangle;
  out.weights.resize(static_cast<std::size_t>(out.dense ? d * d : d));
  const std::byte* from = reader.rest().data();
  for (std::size_t row = 0; row < channels; ++row) {
    for (std::size_t column = out.dense ? 0 : row; column <= row; ++column, from += 4) {
      const auto value = std::bit_cast<float>(load_le<std::uint32_t>(from));
      if (out.dense) out.weights[row * channels + column] = out.weights[column * channels + row] = value;
      if (!out.dense) out.weights[row] = value;
    }
  }
  const bool finite =
      std::all_of(out.weights.begin(), out.weights.end(), [](float weight) { return std::fabs(weight) < 1e30F; });
  if (!finite || !is_positive_definite(out, channels)) return broken_metric();  // R-PROF-10
  return out;
}

}  // namespace actz
