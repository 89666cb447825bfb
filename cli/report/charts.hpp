#pragma once

#include <span>
#include <string>
#include <vector>

#include "report/report_data.hpp"

namespace actz::report {

/// NMSE over bits per value, one curve a codec.
std::string rate_chart(const TensorPart& part);

/// Bits of each coefficient of a row.
std::string coefficient_chart(const TensorPart& part);

/// Codecs that share a line in loss charts.
struct LossFamily {
  std::string label;
  std::string style;  ///< CSS class
};

/// The families of all points, in the order of their first points.
std::vector<LossFamily> loss_families(std::span<const LossPoint> points);

/// Increase of the loss over bits per token, one curve a family, for the points of one place.
std::string loss_chart(const std::string& place, std::span<const LossPoint> points,
                       std::span<const LossFamily> families);

}  // namespace actz::report
