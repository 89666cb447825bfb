#include "fit/row_centre.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>

namespace actz {
namespace {

constexpr std::size_t kSeenRows = 1024;    ///< at most, evenly taken
constexpr std::size_t kCrowdShare = 4;     ///< one value in so many
constexpr std::size_t kSmallestCrowd = 4;  ///< values
constexpr double kCrowdWidth = 0.125;      ///< deviations, at most; a quarter of a Gaussian's values take 0.64

struct Moments {
  double count = 0;
  double mean = 0;
  double deviation = 0;
};

/// Of the finite values of each channel.
std::vector<Moments> channel_moments(const TrainingRows& rows) {
  const std::size_t d = rows.channels;
  std::vector<Moments> out(d);
  std::vector<double> square(d);
  for (std::size_t at = 0; at < rows.values.size(); at += d) {
    for (std::size_t c = 0; c < d; ++c) {
      const double value = std::isfinite(rows.values[at + c]) ? double{rows.values[at + c]} : 0.0;
      out[c].count += std::isfinite(rows.values[at + c]) ? 1.0 : 0.0;
      out[c].mean += value;
      square[c] += value * value;
    }
  }
  for (std::size_t c = 0; c < d; ++c) {
    const double count = std::max(out[c].count, 1.0);
    out[c].mean /= count;
    out[c].deviation = std::sqrt(std::max(square[c] / count - out[c].mean * out[c].mean, 0.0));
  }
  return out;
}

/// The value that most of the sorted ones have, if that are several, else the middle one.
double common_value(std::span<const float> sorted) {
  std::size_t most = kSmallestCrowd - 1;
  float out = sorted[sorted.size() / 2];
  for (std::size_t first = 0, end = 0; first < sorted.size(); first = end) {
    while (end < sorted.size() && sorted[end] == sorted[first]) ++end;
    if (end - first <= most) continue;
    most = end - first;
    out = sorted[first];
  }
  return double{out};
}

/// A value in the shortest interval that holds a quarter of all, if it is that short and the mean lies well outside.
/// After Andrews et al., Robust Estimates of Location (1972), whose shorth holds a half.
std::optional<double> crowded_place(std::vector<float>& values, const Moments& moments) {
  const std::size_t crowd = std::max((values.size() + kCrowdShare - 1) / kCrowdShare, kSmallestCrowd);
  if (values.size() < crowd) return std::nullopt;
  std::sort(values.begin(), values.end());
  std::size_t best = 0;
  const auto width = [&](std::size_t first) { return double{values[first + crowd - 1]} - double{values[first]}; };
  for (std::size_t first = 1; first + crowd <= values.size(); ++first) {
    if (width(first) < width(best)) best = first;
  }
  const double place = common_value(std::span(values).subspan(best, crowd));
  const bool crowded = width(best) < kCrowdWidth * moments.deviation;
  return crowded && std::fabs(place - moments.mean) > width(best) ? std::optional(place) : std::nullopt;
}

}  // namespace

std::vector<double> centre_rows(TrainingRows& rows) {
  const std::size_t d = rows.channels;
  const std::vector<Moments> moments = channel_moments(rows);
  const std::size_t every = (rows.row_count() + kSeenRows - 1) / kSeenRows;
  std::vector<double> out(d);
  std::vector<float> some;
  for (std::size_t c = 0; c < d; ++c) {
    some.clear();
    for (std::size_t row = 0; row < rows.row_count(); row += every) {
      if (const float value = rows.values[row * d + c]; std::isfinite(value)) some.push_back(value);
    }
    out[c] = crowded_place(some, moments[c]).value_or(moments[c].mean);
  }
  for (std::size_t at = 0; at < rows.values.size(); at += d) {
    for (std::size_t c = 0; c < d; ++c) {
      float& value = rows.values[at + c];
      value = static_cast<float>((std::isfinite(value) ? double{value} : moments[c].mean) - out[c]);
    }
  }
  rows.mean.clear();
  for (std::size_t c = 0; c < d; ++c) rows.mean.push_back(moments[c].mean - out[c]);
  return out;
}

}  // namespace actz
