#include "transform/enc_task_metric.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <string>

namespace actz {
namespace {

/// Least eigenvalue that passes for 0, in units of the trace: what sums in binary32 leave of a singular matrix.
constexpr double kRoundingPerTrace = 1e-6;
constexpr double kAsymmetryPerLargest = 1e-4;

Error bad_metric(std::string message) {
  return {ErrorCode::bad_argument, Error::kNoOffset, "the metric " + std::move(message)};
}

TaskMetric diagonal_metric(const Eigen::VectorXd& weights) {
  TaskMetric out;
  const double mean = weights.mean();
  for (const double weight : weights) {
    out.weights.push_back(static_cast<float>((1 - kIdentityShare) * std::max(weight, 0.0) / mean + kIdentityShare));
  }
  return out;
}

TaskMetric dense_metric(const Eigen::MatrixXd& matrix) {
  Eigen::MatrixXd mixed = (1 - kIdentityShare) * static_cast<double>(matrix.rows()) / matrix.trace() * matrix;
  mixed.diagonal().array() += kIdentityShare;
  TaskMetric out;
  out.dense = true;
  out.weights.resize(static_cast<std::size_t>(mixed.size()));
  for (Eigen::Index i = 0; i < mixed.size(); ++i)
    out.weights[static_cast<std::size_t>(i)] = static_cast<float>(mixed.data()[i]);
  return out;
}

}  // namespace

Result<TaskMetric> make_task_metric(std::span<const double> given, std::uint32_t channels, bool diagonal_only) {
  const auto d = static_cast<Eigen::Index>(channels);
  const std::uint64_t square = std::uint64_t{channels} * channels;
  if (given.size() != channels && given.size() != square) {
    return bad_metric("has " + std::to_string(given.size()) + " elements; " + std::to_string(channels) +
                      " channels want a vector of " + std::to_string(channels) + " or a matrix of " +
                      std::to_string(square));
  }
  if (!std::all_of(given.begin(), given.end(), [](double value) { return std::fabs(value) < 1e30; })) {
    return bad_metric("holds a value that is not finite, or beyond 1e30");
  }
  if (given.size() == channels && channels != 1) {
    const Eigen::VectorXd weights = Eigen::Map<const Eigen::VectorXd>(given.data(), d);
    if (weights.minCoeff() < -kRoundingPerTrace * weights.sum()) return bad_metric("has a negative weight");
    if (!(weights.sum() > 1e-30)) return bad_metric("is zero");
    return diagonal_metric(weights);
  }
  const Eigen::MatrixXd matrix = Eigen::Map<const Eigen::MatrixXd>(given.data(), d, d);
  if ((matrix - matrix.transpose()).cwiseAbs().maxCoeff() > kAsymmetryPerLargest * matrix.cwiseAbs().maxCoeff()) {
    return bad_metric("is not symmetric");
  }
  const Eigen::MatrixXd symmetric = (matrix + matrix.transpose()) / 2;
  Eigen::MatrixXd lifted = symmetric;
  lifted.diagonal().array() += kRoundingPerTrace * symmetric.trace();
  if (symmetric.isZero(0)) return bad_metric("is zero");
  if (Eigen::LLT<Eigen::MatrixXd>(lifted).info() != Eigen::Success) {
    return bad_metric("is not positive semidefinite");
  }
  return diagonal_only ? diagonal_metric(symmetric.diagonal()) : dense_metric(symmetric);
}

bool is_positive_definite(const TaskMetric& metric, std::uint32_t channels) {
  if (!metric.dense)
    return std::all_of(metric.weights.begin(), metric.weights.end(), [](float weight) { return weight > 0; });
  const auto d = static_cast<Eigen::Index>(channels);
  const Eigen::MatrixXd matrix = Eigen::Map<const Eigen::MatrixXf>(metric.weights.data(), d, d).cast<double>();
  return Eigen::LLT<Eigen::MatrixXd>(matrix).info() == Eigen::Success;
}

}  // namespace actz
