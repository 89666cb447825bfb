#include "fit/linear_choice.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "fit/linear_fit.hpp"

namespace actz {
namespace {

constexpr double kLeastRidge = 1e-3;  ///< in the unit of ridge_unit()
constexpr double kLargestRidge = 1e3;
constexpr double kRidgeFactor = 4;
/// Bits per value that a larger ridge may cost: validation is open loop, and in the closed one small weights are the
/// stable ones.
constexpr double kFlatBits = 3e-4;
constexpr double kLeastLagGain = 1e-3;  ///< bits per value that one more lag must save
/// With more rows than these for each input every lag pays its way in rate, and the covariance needs no shrinking.
constexpr double kManyRowsPerInput = 20;
constexpr double kManyRowsPerChannel = 30;
/// From here on factoring costs more than the choice gives; such rows are many or go to the wide fit.
constexpr Eigen::Index kMostInputsToSearch = 1024;
constexpr double kShrinkages[] = {0, 0.1, 0.3, 0.6, 1};

LagMoments first_lags(const LagMoments& moments, Eigen::Index inputs) {
  return {moments.zz, moments.zh.leftCols(inputs), moments.hh.topLeftCorner(inputs, inputs), moments.rows};
}

LagMoments sum_of(const std::vector<LagMoments>& folds) {
  LagMoments out = folds.front();
  for (std::size_t i = 1; i < folds.size(); ++i) {
    out.zz += folds[i].zz;
    out.zh += folds[i].zh;
    out.hh += folds[i].hh;
    out.rows += folds[i].rows;
  }
  return out;
}

LagMoments without(const LagMoments& all, const LagMoments& fold) {
  return {all.zz - fold.zz, all.zh - fold.zh, all.hh - fold.hh, all.rows - fold.rows};
}

/// Energy that ridges are measured in: the median of the inputs' (through the mean, one channel of huge variance would
/// silence all others) and the noise's, below which there is nothing to learn.
double ridge_unit(const LagMoments& moments, double noise) {
  if (moments.hh.rows() == 0) return 0;
  Eigen::VectorXd energy = moments.hh.diagonal();
  const auto middle = energy.begin() + energy.size() / 2;
  std::nth_element(energy.begin(), middle, energy.end());
  return *middle + noise * moments.rows;
}

/// Bits per value of a Gaussian source at a distortion.
double gaussian_bits(const Eigen::MatrixXd& covariance, double noise) {
  Eigen::MatrixXd scaled = covariance / noise;
  scaled.diagonal().array() += 1.0;
  const Eigen::LLT<Eigen::MatrixXd> factor(scaled);
  if (factor.info() != Eigen::Success) return std::numeric_limits<double>::infinity();
  return factor.matrixLLT().diagonal().array().log2().sum() / static_cast<double>(covariance.rows());
}

/// What predictors of one ridge, each learned without a fold, leave of that fold (sums over its rows).
struct Validation {
  std::vector<Eigen::MatrixXd> predictors;
  std::vector<Eigen::MatrixXd> left;
  double rows = 0;
  double bits = std::numeric_limits<double>::infinity();

  Eigen::MatrixXd covariance() const {
    Eigen::MatrixXd sum = left.front();
    for (std::size_t i = 1; i < left.size(); ++i) sum += left[i];
    return sum / std::max(rows, 1.0);
  }
};

Validation validate(const std::vector<LagMoments>& folds, const LagMoments& all, double ridge, double noise) {
  Validation out;
  out.rows = all.rows;
  for (const LagMoments& fold : folds) {
    const LagMoments others = folds.size() > 1 ? without(all, fold) : all;
    out.predictors.push_back(fit_predictor(others, ridge * ridge_unit(others, noise)));
    out.left.push_back(residual_covariance(fold, out.predictors.back()) * std::max(fold.rows, 1.0));
  }
  out.bits = gaussian_bits(out.covariance(), noise);
  return out;
}

struct Ridge {
  double value = 0;
  Validation validation;
};

/// The largest ridge whose rate is about the least: up from the least one while that costs next to nothing.
Ridge search_ridge(const std::vector<LagMoments>& folds, const LagMoments& all, double first, double noise) {
  Ridge best{first, validate(folds, all, first, noise)};
  if (all.hh.rows() == 0 || all.hh.rows() > kMostInputsToSearch) return best;
  double least_bits = best.validation.bits;
  const auto try_next = [&](double ridge) {
    Validation next = validate(folds, all, ridge, noise);
    if (next.bits > least_bits + kFlatBits) return false;
    least_bits = std::min(least_bits, next.bits);
    best = {ridge, std::move(next)};
    return true;
  };
  while (best.value * kRidgeFactor < kLargestRidge && try_next(best.value * kRidgeFactor)) {
  }
  return best;
}

Eigen::MatrixXd shrunk(const Eigen::MatrixXd& covariance, double share) {
  Eigen::MatrixXd out = (1 - share) * covariance;
  out.diagonal() += share * covariance.diagonal();
  return out;
}

/// Variances, by rank, of unseen rows along the eigenvectors of what the other folds left.
Eigen::VectorXd unseen_variances(const Validation& validation, double share) {
  const Eigen::MatrixXd all = validation.covariance() * validation.rows;
  Eigen::VectorXd out = Eigen::VectorXd::Zero(all.rows());
  for (const Eigen::MatrixXd& fold : validation.left) {
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(shrunk(all - fold, share));
    out += (solver.eigenvectors().transpose() * fold).cwiseProduct(solver.eigenvectors().transpose()).rowwise().sum();
  }
  return out / std::max(validation.rows, 1.0);
}

/// The shrinkage with which eigenvectors code unseen rows shortest.
double search_shrinkage(const Validation& validation, double noise) {
  double best_bits = std::numeric_limits<double>::infinity();
  double best = 0;
  for (const double share : kShrinkages) {
    const double bits = (unseen_variances(validation, share).array() / noise + 1).log2().sum();
    if (bits < best_bits) {
      best_bits = bits;
      best = share;
    }
  }
  return best;
}

/// A covariance of given eigenvectors and, by rank, variances.
Eigen::MatrixXd with_variances(const Eigen::MatrixXd& covariance, const Eigen::VectorXd& variances) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance);
  return solver.eigenvectors() * variances.asDiagonal() * solver.eigenvectors().transpose();
}

/// Covariances whose variances are those that unseen rows showed: few rows give too small ones of their own to the last
/// directions, which would then be dropped.
void judge_by_unseen_rows(const Validation& validation, double share, LinearChoice& out) {
  const Eigen::VectorXd variances = unseen_variances(validation, share);
  const Eigen::MatrixXd all = validation.covariance();
  out.covariance = with_variances(shrunk(all, share), variances);
  for (std::size_t i = 0; i < validation.left.size(); ++i) {
    const Eigen::MatrixXd others = all - validation.left[i] / std::max(validation.rows, 1.0);
    out.unseen.push_back({validation.predictors[i], with_variances(shrunk(others, share), variances)});
  }
}

}  // namespace

std::vector<Fold> make_folds(std::span<const Strand> strands, std::size_t count, std::size_t shortest_rows) {
  std::vector<Strand> pieces;
  const std::size_t parts =
      strands.size() >= count ? 1 : (count + strands.size() - 1) / std::max<std::size_t>(strands.size(), 1);
  for (const Strand& strand : strands) {
    const std::size_t cuts =
        std::clamp<std::size_t>(strand.row_count / std::max<std::size_t>(shortest_rows, 1), 1, parts);
    for (std::size_t i = 0; i < cuts; ++i) {
      const std::size_t first = strand.row_count * i / cuts;
      pieces.push_back({strand.first_row + first, strand.row_count * (i + 1) / cuts - first});
    }
  }
  std::vector<Fold> out(std::clamp<std::size_t>(pieces.size(), 1, count));
  for (std::size_t i = 0; i < pieces.size(); ++i) out[i % out.size()].push_back(pieces[i]);
  return out;
}

LinearChoice LinearSearch::choose(const std::vector<LagMoments>& folds, double noise) {
  const LagMoments all = sum_of(folds);
  const Eigen::Index d = all.zz.rows();
  const bool few = all.rows < kManyRowsPerInput * static_cast<double>(all.hh.rows());
  Ridge best;
  std::size_t best_lags = lags_.size();
  for (std::size_t lags = few ? 0 : lags_.size(); lags <= lags_.size(); ++lags) {
    std::vector<LagMoments> part;
    for (const LagMoments& fold : folds) part.push_back(first_lags(fold, d * static_cast<Eigen::Index>(lags)));
    Ridge found =
        search_ridge(part, sum_of(part), std::max(ridge_.value_or(kLeastRidge) / kRidgeFactor, kLeastRidge), noise);
    if (best.validation.left.empty() || found.validation.bits < best.validation.bits - kLeastLagGain) {
      best = std::move(found);
      best_lags = lags;
    }
  }
  if (best_lags > 0) ridge_ = best.value;
  LinearChoice out;
  out.lags.assign(lags_.begin(), lags_.begin() + static_cast<std::ptrdiff_t>(best_lags));
  out.moments = first_lags(all, d * static_cast<Eigen::Index>(best_lags));
  out.predictor = fit_predictor(out.moments, best.value * ridge_unit(out.moments, noise));
  const bool many = all.rows > kManyRowsPerChannel * static_cast<double>(d);
  if (many || folds.size() < 2 || d > kMostInputsToSearch) {
    out.covariance = residual_covariance(out.moments, out.predictor);
    return out;
  }
  if (!shrinkage_) shrinkage_ = search_shrinkage(best.validation, noise);
  judge_by_unseen_rows(best.validation, *shrinkage_, out);
  return out;
}

}  // namespace actz
