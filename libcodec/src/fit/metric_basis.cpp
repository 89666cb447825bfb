#include "fit/metric_basis.hpp"

#include <algorithm>
#include <cmath>

#include "profile/codec_model.hpp"

namespace actz {
namespace {

constexpr double kInt16Limit = 32767.0;

Eigen::MatrixXd matrix_of(const TaskMetric& metric, Eigen::Index channels) {
  if (metric.dense) return Eigen::Map<const Eigen::MatrixXf>(metric.weights.data(), channels, channels).cast<double>();
  return Eigen::Map<const Eigen::VectorXf>(metric.weights.data(), channels).cast<double>().asDiagonal();
}

/// Steps of the channels: 1 / √M_cc.
Eigen::VectorXd channel_steps(const TaskMetric& metric, std::uint32_t channels) {
  return matrix_of(metric, channels).diagonal().cwiseSqrt().cwiseInverse();
}

}  // namespace

Basis fit_metric_basis(const Eigen::MatrixXd& covariance, const TaskMetric& metric, double floor) {
  const Eigen::LLT<Eigen::MatrixXd> factor(matrix_of(metric, covariance.rows()));
  const Eigen::MatrixXd lower = factor.matrixL();
  Basis out = fit_basis(lower.transpose() * covariance * lower, floor);
  out.vectors = factor.matrixU().solve(out.vectors);
  return out;
}

unsigned fitting_shift(const Eigen::MatrixXd& basis, unsigned wanted) {
  const double largest = basis.size() > 0 ? basis.cwiseAbs().maxCoeff() : 0.0;
  unsigned shift = wanted;
  while (shift > 0 && std::ldexp(largest, static_cast<int>(kFractionBits + shift)) > kInt16Limit) --shift;
  return shift;
}

Synthesis metric_diagonal_synthesis(const TaskMetric& metric, std::uint32_t channels, MatrixPrecision& precision) {
  const Eigen::VectorXd steps = channel_steps(metric, channels);
  precision.synthesis_shift = fitting_shift(steps, precision.synthesis_shift);
  Synthesis out = diagonal_synthesis(channels, precision);
  for (std::size_t c = 0; c < channels; ++c) {
    const double entry =
        std::ldexp(steps[static_cast<Eigen::Index>(c)], static_cast<int>(kFractionBits + precision.synthesis_shift));
    out.matrix[c] = static_cast<std::int16_t>(std::lrint(std::clamp(entry, 1.0, kInt16Limit)));
  }
  return out;
}

double squared_error_per_distortion(const TaskMetric& metric, std::uint32_t channels, bool transform) {
  if (!transform || !metric.dense) return channel_steps(metric, channels).squaredNorm() / channels;
  const Eigen::MatrixXd matrix = matrix_of(metric, channels);
  return matrix.llt().solve(Eigen::MatrixXd::Identity(matrix.rows(), matrix.cols())).trace() / channels;
}

}  // namespace actz
