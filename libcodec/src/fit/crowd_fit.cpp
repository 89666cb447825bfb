#include "fit/crowd_fit.hpp"

#include <algorithm>
#include <cmath>

#include "fit/equal_error.hpp"
#include "fit/match_fit.hpp"

namespace actz {
namespace {

constexpr std::size_t kSeenRows = 1024;    ///< at most, evenly taken
constexpr std::size_t kCrowdShare = 4;     ///< one value in so many
constexpr std::size_t kSmallestCrowd = 4;  ///< values
constexpr double kCrowdWidth = 0.125;      ///< deviations, at most; a quarter of a Gaussian's values take 0.64
constexpr double kLeastShare = 0.25;       ///< of the channels, that crowd
constexpr double kClearlyFewer = 0.95;     ///< of the bits

double deviation_of(const std::vector<float>& values) {
  double sum = 0, square = 0;
  for (const float value : values) {
    sum += double{value};
    square += double{value} * double{value};
  }
  const double count = static_cast<double>(values.size());
  return std::sqrt(std::max(square / count - std::pow(sum / count, 2), 0.0));
}

/// The middle of the shortest interval that holds a quarter of the values; 0 if it is long, or if 0 lies in or near it.
/// After Andrews et al., Robust Estimates of Location (1972), whose shorth holds a half.
double crowd_of(std::vector<float>& values) {
  const std::size_t crowd = (values.size() + kCrowdShare - 1) / kCrowdShare;
  if (crowd < kSmallestCrowd) return 0;
  std::sort(values.begin(), values.end());
  const auto width = [&](std::size_t first) { return double{values[first + crowd - 1]} - double{values[first]}; };
  std::size_t best = 0;
  for (std::size_t first = 1; first + crowd <= values.size(); ++first) {
    if (width(first) < width(best)) best = first;
  }
  const double place = double{values[best + crowd / 2]};
  return width(best) < kCrowdWidth * deviation_of(values) && std::fabs(place) > width(best) ? place : 0;
}

}  // namespace

std::vector<double> crowd_offsets(const TrainingRows& rows) {
  const std::size_t every = (rows.row_count() + kSeenRows - 1) / kSeenRows;
  std::vector<double> out;
  std::vector<float> some;
  for (std::size_t c = 0; c < rows.channels; ++c) {
    some.clear();
    for (std::size_t row = 0; row < rows.row_count(); row += every) some.push_back(rows.row(row)[c]);
    out.push_back(rows.unit * crowd_of(some));
  }
  const auto crowded = rows.channels - std::count(out.begin(), out.end(), 0.0);
  if (static_cast<double>(crowded) < kLeastShare * rows.channels) out.clear();
  return out;
}

void centre_on_crowds(const std::vector<double>& offsets, TrainingRows& rows, std::vector<double>& centre) {
  rows.mean.resize(rows.channels);
  for (std::size_t c = 0; c < rows.channels; ++c) {
    centre[c] += offsets[c];
    rows.mean[c] -= offsets[c] / rows.unit;
  }
  for (std::size_t at = 0; at < rows.values.size(); at += rows.channels) {
    for (std::size_t c = 0; c < rows.channels; ++c) rows.values[at + c] -= static_cast<float>(offsets[c] / rows.unit);
  }
}

RungFit choose_for_crowds(RungFit best, TrainingRows& rows, const std::vector<double>& centre,
                          const RungOptions& options, bool match_rows) {
  if (rows.held_out.empty()) return best;
  const std::vector<double> offsets = crowd_offsets(rows);
  if (offsets.empty()) return best;
  TrainingRows crowded = rows;
  std::vector<double> crowds = centre;
  centre_on_crowds(offsets, crowded, crowds);
  RungOptions plain = options;
  plain.lags.clear();
  plain.transform = false;
  plain.wide = false;
  RungFit fit = fit_rung(crowded, crowds, plain);
  if (match_rows) fit = fit_matches(crowded, crowds, std::move(fit), plain);
  const auto bits = [&](const RungFit& of, TrainingRows& on) {
    RungOptions with = options;
    with.decisions.repeat_slope = of.repeat_slope;
    return held_out_bits(of, on, with);
  };
  return bits(fit, crowded) < kClearlyFewer * bits(best, rows) ? fit : best;
}

}  // namespace actz
