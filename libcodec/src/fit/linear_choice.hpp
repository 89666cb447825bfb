#pragma once

#include <Eigen/Dense>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "fit/moments.hpp"
#include "rows/step_plan.hpp"

namespace actz {

/// Parts of the training rows, each of which judges what the others teach.
using Fold = std::vector<Strand>;

/// Deals strands out to `count` folds; strands fewer than that are cut first, none shorter than `shortest_rows`.
/// At least one fold; as many as asked for where the rows suffice.
std::vector<Fold> make_folds(std::span<const Strand> strands, std::size_t count, std::size_t shortest_rows);

/// A predictor, and a covariance for the basis, that one fold had no part in.
struct UnseenLinear {
  Eigen::MatrixXd predictor;
  Eigen::MatrixXd covariance;
};

/// A prediction and what it leaves, judged by rows that it was not learned from.
struct LinearChoice {
  std::vector<std::uint16_t> lags;   ///< those of the wanted ones that pay; may be none
  Eigen::MatrixXd predictor;         ///< channels × (lags · channels), learned from all folds
  LagMoments moments;                ///< of all folds and those lags
  Eigen::MatrixXd covariance;        ///< of the innovation of unseen rows; its eigenvectors are the basis to use
  std::vector<UnseenLinear> unseen;  ///< where rows are few: for each fold, the same choice learned without it
};

/// Chooses lags, ridge and the shrinkage of the innovation's covariance by cross-validation: what is minimised is
/// ½ log2 det(C / noise + I), the rate of a Gaussian of covariance C at a distortion of `noise`. In-sample errors would
/// not do: with fewer rows than inputs they vanish. One object serves the turns of a rung: it starts from the last
/// ridge.
class LinearSearch {
 public:
  explicit LinearSearch(std::vector<std::uint16_t> lags) : lags_(std::move(lags)) {}

  /// @param folds  moments for all lags wanted.
  /// @param noise  variance of the quantiser's error, in squared units.
  LinearChoice choose(const std::vector<LagMoments>& folds, double noise);

 private:
  std::vector<std::uint16_t> lags_;
  std::optional<double> shrinkage_;
  std::optional<double> ridge_;  ///< in the unit of ridge_unit()
};

}  // namespace actz
