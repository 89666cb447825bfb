#pragma once

#include <Eigen/Dense>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "rows/step_plan.hpp"

namespace actz {

/// Second moments of rows z and of the inputs h they are predicted from: lagged rows, then the row of a reference
/// (sums, not means).
struct LagMoments {
  Eigen::MatrixXd zz;  ///< channels × channels
  Eigen::MatrixXd zh;  ///< channels × inputs
  Eigen::MatrixXd hh;  ///< inputs × inputs; inputs = lags · channels + reference channels
  double rows = 0;
  Eigen::Index lag_inputs = 0;  ///< lags · channels
};

/// Adds the inputs of a reference to moments of lags.
/// @param rows_s  the reference's rows, `side_channels` floats each.
void add_reference_moments(LagMoments& moments, std::span<const Strand> strands, std::uint32_t channels,
                           std::span<const std::uint16_t> lags, std::uint32_t side_channels,
                           const std::function<void(const Strand&, std::vector<float>&)>& rows_z,
                           const std::function<void(const Strand&, std::vector<float>&)>& rows_h,
                           const std::function<void(const Strand&, std::vector<float>&)>& rows_s);

/// Fills `to` with rows [first_row, first_row + row_count) as floats.
using RowLoader = std::function<void(const Strand& strand, std::vector<float>& to)>;

/// Sums over the strands. A lag that reaches before the first row of a strand contributes nothing, as in the codec.
LagMoments lag_moments(std::span<const Strand> strands, std::uint32_t channels, std::span<const std::uint16_t> lags,
                       const RowLoader& rows_z, const RowLoader& rows_h);

}  // namespace actz
