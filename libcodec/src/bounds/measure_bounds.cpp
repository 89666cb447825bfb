#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <random>
#include <utility>

#include "actz/bounds.hpp"
#include "bounds/clipped_families.hpp"
#include "bounds/gaussian_rate.hpp"

namespace actz {
namespace {

using Eigen::Index;
using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr std::pair<const char*, Density> kFamilies[] = {
    {"histogram", Density::histogram}, {"gaussian", Density::gaussian}, {"laplace", Density::laplace},
    {"logistic", Density::logistic},   {"mixture", Density::mixture},   {"factorized", Density::factorized},
    {"fourier", Density::fourier}};

Rows as_rows(std::span<const float> values, std::uint32_t channels) {
  Rows out(static_cast<Index>(values.size() / channels), static_cast<Index>(channels));
  std::copy(values.begin(), values.end(), out.data());
  return out;
}

double squared_error(const Rows& coefficients, double step) {
  return (coefficients.array() - (coefficients.array() / step).rint() * step).square().sum();
}

/// The step of a uniform quantiser that leaves a squared error.
double step_for(const Rows& coefficients, double wanted) {
  double low = 1e-9 * std::sqrt(wanted), high = 4 * std::sqrt(coefficients.array().square().maxCoeff()) + 1e-30;
  for (unsigned i = 0; i < 60; ++i) {
    const double step = std::sqrt(low * high);
    (squared_error(coefficients, step) < wanted ? low : high) = step;
  }
  return low;
}

/// Of the covariance of the quantised coefficients, in steps.
std::vector<double> eigenvalues_of_integers(const Rows& coefficients, double step) {
  Rows integers = (coefficients.array() / step).rint();
  integers.rowwise() -= Eigen::RowVectorXd(integers.colwise().mean());
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(
      integers.transpose() * integers / static_cast<double>(integers.rows()), Eigen::EigenvaluesOnly);
  const Eigen::VectorXd values = eigen.eigenvalues().cwiseMax(0.0);
  return {values.data(), values.data() + values.size()};
}

/// Eigenvalues of the covariance of what the rows at the lags leave of rows, by least squares; those that learned the
/// predictor see it too small by the share of its unknowns. Nothing if there are too few rows.
std::optional<std::vector<double>> innovation_variances(const Rows& rows, const BoundsOptions& options) {
  const auto unknowns = static_cast<Index>(options.lags.size()) * rows.cols();
  if (unknowns == 0 || rows.rows() < 2 * unknowns) return std::nullopt;
  const Index sequence = options.sequence_rows == 0 ? rows.rows() : static_cast<Index>(options.sequence_rows);
  Rows seen = Rows::Zero(rows.rows(), unknowns);
  for (Index row = 0; row < rows.rows(); ++row) {
    for (std::size_t i = 0; i < options.lags.size(); ++i) {
      const Index lag = options.lags[i];
      if (row % sequence >= lag)
        seen.block(row, static_cast<Index>(i) * rows.cols(), 1, rows.cols()) = rows.row(row - lag);
    }
  }
  Eigen::MatrixXd gram = seen.transpose() * seen;
  gram.diagonal().array() += 1e-9 * gram.diagonal().maxCoeff() + 1e-300;
  const Rows left = rows - seen * gram.llt().solve(seen.transpose() * rows);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(
      left.transpose() * left / static_cast<double>(rows.rows() - unknowns), Eigen::EigenvaluesOnly);
  const Eigen::VectorXd values = eigen.eigenvalues().cwiseMax(0.0);
  return std::vector<double>(values.data(), values.data() + values.size());
}

std::vector<Histogram> count(const Rows& coefficients, double step) {
  std::vector<Histogram> out(static_cast<std::size_t>(coefficients.cols()));
  for (Index row = 0; row < coefficients.rows(); ++row) {
    for (Index k = 0; k < coefficients.cols(); ++k)
      out[static_cast<std::size_t>(k)].add(static_cast<std::int32_t>(std::lrint(coefficients(row, k) / step)));
  }
  return out;
}

/// Parts of the bound that fall with the rows as one over their square root.
double deviation_term(const BoundsOptions& options, double rows) {
  return 3 * options.clip_bits * std::sqrt(std::log(2 / (1 - options.confidence)) / (2 * rows));
}

FamilyBound bound(const char* name, Density family, const std::vector<Histogram>& train,
                  const std::vector<Histogram>& test, double rows, double test_rows, const BoundsOptions& options) {
  FamilyBound out;
  out.family = name;
  const auto channels = static_cast<double>(train.size());
  std::mt19937_64 random(options.seed);
  std::vector<double> sums(options.draws);
  double train_bits = 0, test_bits = 0;
  bool has_complexity = options.draws > 1;
  for (std::size_t k = 0; k < train.size(); ++k) {
    const ClippedFamily member(train[k], family, options.clip_bits);
    train_bits += member.bits(train[k]);
    if (test_rows > 0) test_bits += member.bits(test[k]);
    has_complexity = has_complexity && member.has_complexity();
    for (std::size_t draw = 0; has_complexity && draw < sums.size(); ++draw)
      sums[draw] += member.rademacher_sum(random);
  }
  out.train_bits = train_bits / rows / channels;
  if (test_rows > 0) out.test_bits = test_bits / test_rows / channels;
  if (!has_complexity) return out;
  double mean = 0, square = 0;
  for (double& sum : sums) {
    sum /= rows * channels;
    mean += sum / static_cast<double>(sums.size());
  }
  for (const double sum : sums) square += (sum - mean) * (sum - mean) / static_cast<double>(sums.size() - 1);
  out.rademacher = mean;
  out.rademacher_error = 1.96 * std::sqrt(square / static_cast<double>(sums.size()));
  out.pac_gap = 2 * mean + deviation_term(options, rows);
  out.rows_for_gap = static_cast<std::uint64_t>(std::ceil(rows * std::pow(*out.pac_gap / options.wanted_gap, 2)));
  return out;
}

}  // namespace

Result<BoundsReport> measure_bounds(std::span<const float> train, std::span<const float> test, std::uint32_t channels,
                                    const BoundsOptions& options) {
  const auto wrong = [](const char* message) { return Error{ErrorCode::bad_argument, Error::kNoOffset, message}; };
  if (channels == 0 || train.size() < 2 * std::size_t{channels} || train.size() % channels != 0 ||
      test.size() % channels != 0)
    return wrong("bounds want at least two whole rows");
  if (!(options.nmse > 0 && options.nmse < 1)) return wrong("the NMSE lies between 0 and 1");
  if (!(options.confidence > 0 && options.confidence < 1)) return wrong("the confidence lies between 0 and 1");
  if (options.clip_bits < 4 || options.clip_bits > 24) return wrong("losses are clipped at 4 to 24 bits");
  if (!(options.wanted_gap > 0)) return wrong("the wanted gap is a positive number of bits");
  if (std::find(options.lags.begin(), options.lags.end(), 0) != options.lags.end()) return wrong("lags are from 1 on");
  const auto finite = [](float x) { return std::isfinite(x); };
  if (!std::all_of(train.begin(), train.end(), finite) || !std::all_of(test.begin(), test.end(), finite))
    return wrong("a value is not finite");
  Rows rows = as_rows(train, channels);
  const Eigen::RowVectorXd mean = rows.colwise().mean();
  rows.rowwise() -= mean;
  const auto n = static_cast<double>(rows.rows());
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(rows.transpose() * rows / n);
  const Eigen::VectorXd variances = eigen.eigenvalues().cwiseMax(0.0);
  const double energy = variances.sum();
  if (!(energy > 0)) return wrong("all rows are the same");
  const Rows coefficients = rows * eigen.eigenvectors();
  BoundsReport out;
  out.rows = static_cast<std::uint64_t>(rows.rows());
  out.test_rows = test.size() / channels;
  out.channels = channels;
  out.step = step_for(coefficients, options.nmse * energy * n);
  out.nmse = squared_error(coefficients, out.step) / (energy * n);
  const std::span<const double> spectrum(variances.data(), channels);
  out.gaussian_entropy = gaussian_entropy(eigenvalues_of_integers(coefficients, out.step));
  out.gaussian_rate = gaussian_rate(spectrum, options.nmse * energy / channels);
  if (const auto left = innovation_variances(rows, options))
    out.gaussian_rate_with_past = gaussian_rate(*left, options.nmse * energy / channels);
  const std::vector<Histogram> counts = count(coefficients, out.step);
  std::vector<Histogram> test_counts;
  if (!test.empty()) {
    Rows held = as_rows(test, channels);
    held.rowwise() -= mean;
    test_counts = count(held * eigen.eigenvectors(), out.step);
  }
  for (const auto& [name, family] : kFamilies) {
    out.families.push_back(bound(name, family, counts, test_counts, n, static_cast<double>(out.test_rows), options));
  }
  return out;
}

}  // namespace actz
