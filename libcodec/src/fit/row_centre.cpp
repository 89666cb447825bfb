#include "fit/row_centre.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace actz {
namespace {

constexpr double kSpikeShare = 0.25;      ///< of a channel's values
constexpr std::size_t kFewestEqual = 4;   ///< fewer are chance
constexpr std::size_t kSpikeRows = 1024;  ///< that spikes are looked for in, at most

/// The value that so many of a channel have.
std::optional<float> spike_of(std::vector<float>& values) {
  std::sort(values.begin(), values.end());
  std::size_t longest = 0;
  std::optional<float> out;
  for (std::size_t first = 0, end = 0; first < values.size(); first = end) {
    while (end < values.size() && values[end] == values[first]) ++end;
    if (end - first <= longest) continue;
    longest = end - first;
    out = values[first];
  }
  const bool is_spike =
      longest >= kFewestEqual && static_cast<double>(longest) >= kSpikeShare * static_cast<double>(values.size());
  return is_spike ? out : std::nullopt;
}

std::vector<double> finite_mean(const TrainingRows& rows) {
  const std::size_t d = rows.channels;
  std::vector<double> sum(d), count(d);
  for (std::size_t at = 0; at < rows.values.size(); at += d) {
    for (std::size_t c = 0; c < d; ++c) {
      const float value = rows.values[at + c];
      const bool finite = std::isfinite(value);
      sum[c] += finite ? double{value} : 0.0;
      count[c] += finite ? 1.0 : 0.0;
    }
  }
  for (std::size_t c = 0; c < d; ++c) sum[c] /= std::max(count[c], 1.0);
  return sum;
}

}  // namespace

std::vector<double> centre_rows(TrainingRows& rows) {
  const std::size_t d = rows.channels;
  const std::vector<double> mean = finite_mean(rows);
  std::vector<double> out = mean;
  const std::size_t every = (rows.row_count() + kSpikeRows - 1) / kSpikeRows;
  std::vector<float> some;
  for (std::size_t c = 0; c < d; ++c) {
    some.clear();
    for (std::size_t row = 0; row < rows.row_count(); row += every) {
      const float value = rows.values[row * d + c];
      if (std::isfinite(value)) some.push_back(value);
    }
    if (const auto spike = spike_of(some)) out[c] = double{*spike};
  }
  for (std::size_t at = 0; at < rows.values.size(); at += d) {
    for (std::size_t c = 0; c < d; ++c) {
      float& value = rows.values[at + c];
      value = static_cast<float>((std::isfinite(value) ? double{value} : mean[c]) - out[c]);
    }
  }
  rows.mean.resize(d);
  for (std::size_t c = 0; c < d; ++c) rows.mean[c] = mean[c] - out[c];
  return out;
}

}  // namespace actz
