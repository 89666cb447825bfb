#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "actz/result.hpp"

namespace actz {

/// How much the task minds an error: the distortion of a row's error e is eᵀ M e. Encoders and `fit` alone know it; M
/// is positive definite with mean eigenvalue 1 (docs/decisions/0301-task-metric.md).
struct TaskMetric {
  bool dense = false;          ///< false: M is a diagonal
  std::vector<float> weights;  ///< dense: M, channels × channels, symmetric; else its diagonal; empty: no metric

  bool empty() const { return weights.empty(); }
};

/// Share of the identity in the metric that is used. Measured: docs/decisions/0301-task-metric.md.
inline constexpr double kIdentityShare = 0.1;

/// Scales a user's metric to mean eigenvalue 1 and mixes it with the identity, so that no direction is without weight.
/// @param given          channels × channels, row-major, or a diagonal of `channels` weights.
/// @param diagonal_only  keep the diagonal alone: the synthesis will have no use for more.
/// Errors: bad_argument (size, not finite, not symmetric, not positive semidefinite, zero).
Result<TaskMetric> make_task_metric(std::span<const double> given, std::uint32_t channels, bool diagonal_only);

/// True if the metric has a Cholesky factor, as analysis and fit need.
bool is_positive_definite(const TaskMetric& metric, std::uint32_t channels);

}  // namespace actz
