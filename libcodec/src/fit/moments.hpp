#pragma once

#include <Eigen/Dense>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "rows/step_plan.hpp"

namespace actz {

/// Second moments of rows z and of the lagged rows h they are predicted from (sums, not means).
struct LagMoments {
  Eigen::MatrixXd zz;  ///< channels × channels
  Eigen::MatrixXd zh;  ///< channels × (lags · channels)
  Eigen::MatrixXd hh;  ///< (lags · channels)²
  double rows = 0;
};

/// Fills `to` with rows [first_row, first_row + row_count) as floats.
using RowLoader = std::function<void(const Strand& strand, std::vector<float>& to)>;

/// Sums over the strands. A lag that reaches before the first row of a strand contributes nothing, as in the codec.
LagMoments lag_moments(std::span<const Strand> strands, std::uint32_t channels, std::span<const std::uint16_t> lags,
                       const RowLoader& rows_z, const RowLoader& rows_h);

}  // namespace actz
