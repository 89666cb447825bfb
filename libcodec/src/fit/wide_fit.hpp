#pragma once

#include <Eigen/Dense>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "fit/linear_fit.hpp"
#include "fit/moments.hpp"
#include "linear/float_linear.hpp"
#include "predict/predictor.hpp"
#include "rows/step_plan.hpp"
#include "transform/synthesis.hpp"

namespace actz {

/// Rows of a wide tensor to learn from.
struct WideRows {
  std::span<const Strand> learn;
  std::span<const Strand> judge;  ///< rank and block are chosen on them; learned from too, afterwards
  const RowLoader& rows_z;        ///< to predict
  const RowLoader& rows_h;        ///< to predict from
};

/// Size of a codec for wide rows.
struct WideShape {
  unsigned rank = 0;            ///< of the prediction; 0: none
  unsigned block_channels = 1;  ///< of the innovation's transform; 1: diagonal
};

struct WideLinear {
  Predictor predictor;
  Synthesis synthesis;
};

/// Low-rank prediction and a KLT of blocks of channels, without anything of channels² values.
///
/// Rows are predicted from features: their projections on the directions in which a row and the one a lag before go
/// together most, found by subspace iteration on their cross-covariance (Halko, Martinsson and Tropp, SIAM Review
/// 53(2), 2011), each channel weighted by its deviation. In features the regression is small; its rank is then reduced
/// in the metric of what it explains.
class WideSearch {
 public:
  /// @param transform  false: diagonal synthesis.
  WideSearch(std::uint32_t channels, std::vector<std::uint16_t> lags, bool transform);

  /// The first call finds the directions and chooses the shape: least ½ log2(1 + variance / noise) of the judging rows,
  /// each entry of the matrices being charged. Later ones keep both.
  WideLinear choose(const WideRows& rows, double noise, const std::vector<std::uint8_t>& input_shift,
                    const MatrixPrecision& precision);

  const WideShape& shape() const { return *shape_; }

 private:
  struct Moments {
    Eigen::MatrixXd zf;  ///< channels × features of all lags
    Eigen::MatrixXd ff;
    double rows = 0;
  };
  /// Reduced-rank regression: the prediction is up · (down · features).
  struct Factors {
    Eigen::MatrixXd up;         ///< channels × rank
    Eigen::MatrixXd down;       ///< rank × features of all lags
    Eigen::VectorXd deviation;  ///< of the reduced row
  };
  using Grams = std::vector<double>;  ///< channels × kLargestBlock: the blocks on the diagonal of a covariance

  void weigh_channels(const WideRows& rows, double noise);
  void find_directions(const WideRows& rows);
  void set_directions(const Eigen::MatrixXd& directions);
  std::vector<float> lagged_features(std::size_t row_count, const std::vector<float>& h) const;
  Moments moments(std::span<const Strand> strands, const WideRows& rows) const;
  Factors factors(const Moments& moments, unsigned rank) const;
  std::vector<Grams> residual_grams(std::span<const Strand> strands, const WideRows& rows, const Factors& factors,
                                    std::span<const unsigned> ranks) const;
  WideShape choose_shape(const WideRows& rows, const Moments& learned, double noise) const;
  Predictor quantise(const Factors& factors, const std::vector<std::uint8_t>& input_shift,
                     const MatrixPrecision& precision) const;

  std::size_t channels_;
  std::vector<std::uint16_t> lags_;
  bool transform_;
  std::vector<double> weight_;  ///< per channel: 1 / deviation
  Eigen::MatrixXd directions_;  ///< channels × features, weights applied
  FloatMatrix projection_;      ///< the same, transposed
  std::optional<WideShape> shape_;
};

}  // namespace actz
