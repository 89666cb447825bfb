#pragma once

#include <cstdint>

#include "fit/linear_fit.hpp"
#include "transform/enc_task_metric.hpp"

namespace actz {

/// The KLT in a metric M = L·Lᵀ: V, the eigenvectors of Lᵀ·C·L with variance above `floor`, gives the columns L⁻ᵀ·V,
/// which are orthonormal in M. An error of one step in any of them is the same distortion.
Basis fit_metric_basis(const Eigen::MatrixXd& covariance, const TaskMetric& metric, double floor);

/// Largest number of fraction bits, at most `wanted`, with which the entries of a basis fit in 16 bits.
unsigned fitting_shift(const Eigen::MatrixXd& basis, unsigned wanted);

/// Channels as they are, each with the step that makes its distortion in the metric the same. `precision` loses the
/// fraction bits that the longest step leaves no room for.
Synthesis metric_diagonal_synthesis(const TaskMetric& metric, std::uint32_t channels, MatrixPrecision& precision);

/// Mean squared error of a channel where the distortion in the metric is 1 a coefficient: what the first guess of the
/// step needs.
/// @param transform  a dense basis; else a diagonal one.
double squared_error_per_distortion(const TaskMetric& metric, std::uint32_t channels, bool transform);

}  // namespace actz
