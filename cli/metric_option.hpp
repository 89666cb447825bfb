#pragma once

#include <string>
#include <vector>

#include "command_line.hpp"

namespace actz::cli {

/// The task metric of a file: a square matrix, row-major, or the vector of a diagonal.
struct MetricFile {
  std::size_t channels = 0;
  bool dense = false;
  std::vector<double> values;
};

/// Errors: bad_argument (not one tensor, neither a vector nor square), and those of the file.
Result<MetricFile> load_metric(const std::string& path);

struct MetricDistortion {
  double error = 0;   ///< Σ (x − x̂)ᵀ M (x − x̂)
  double energy = 0;  ///< Σ (x − mean)ᵀ M (x − mean)
};

/// Of two tensors of one shape whose last axis is the channels of the metric. Rows that are not finite are left out.
MetricDistortion metric_distortion(const Tensor& x, const Tensor& y, const MetricFile& metric);

}  // namespace actz::cli
