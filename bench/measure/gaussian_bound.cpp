#include "measure/gaussian_bound.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

namespace actz::bench {
namespace {

/// Mean distortion of a channel when every direction gets at most `level`.
double distortion(const std::vector<double>& variances, double level) {
  double sum = 0;
  for (const double variance : variances) sum += std::min(variance, level);
  return sum;
}

}  // namespace

GaussianBound::GaussianBound(const Sample& sample) {
  const auto rows = static_cast<Eigen::Index>(sample.rows);
  const auto channels = static_cast<Eigen::Index>(sample.channels);
  using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Eigen::MatrixXd centred = Eigen::Map<const RowMajor>(sample.values.data(), rows, channels).cast<double>();
  centred.rowwise() -= Eigen::Map<const Eigen::RowVectorXd>(sample.mean.data(), channels);
  const Eigen::MatrixXd covariance = centred.transpose() * centred / static_cast<double>(rows);
  const Eigen::VectorXd values =
      Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(covariance, Eigen::EigenvaluesOnly).eigenvalues();
  for (const double value : values) variances_.push_back(std::max(value, 1e-30));
}

double GaussianBound::bits_per_value(double nmse) const {
  double low = 0;
  double high = *std::max_element(variances_.begin(), variances_.end());
  const double wanted = nmse * distortion(variances_, high);
  for (int i = 0; i < 80; ++i) {
    const double middle = (low + high) / 2;
    (distortion(variances_, middle) < wanted ? low : high) = middle;
  }
  double bits = 0;
  for (const double variance : variances_) bits += std::max(0.0, 0.5 * std::log2(variance / high));
  return bits / static_cast<double>(variances_.size());
}

}  // namespace actz::bench
