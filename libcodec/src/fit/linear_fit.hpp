#pragma once

#include <Eigen/Dense>
#include <cstdint>
#include <vector>

#include "fit/moments.hpp"
#include "predict/predictor.hpp"
#include "predict/reference.hpp"
#include "transform/synthesis.hpp"

namespace actz {

/// Precision of the integer matrices; fewer bits make a smaller profile.
struct MatrixPrecision {
  unsigned synthesis_shift = 9;  ///< fraction bits of S beyond the fixed-point unit (5 + 9 bits for 1.0)
  unsigned predictor_bits = 12;  ///< fraction bits of the prediction matrix, at most
  double largest_factor = 127;   ///< weight of a row of a low-rank predictor: noise of −43 dB of what it predicts
};

/// Least-squares prediction of z from h: zh · (hh + ridge)⁻¹, channels × inputs.
/// @param ridge  energy added to that of each input.
Eigen::MatrixXd fit_predictor(const LagMoments& moments, double ridge);

/// Covariance of what the prediction leaves.
Eigen::MatrixXd residual_covariance(const LagMoments& moments, const Eigen::MatrixXd& predictor);

/// Integer form of a dense predictor. Rows whose weights do not fit get fewer fraction bits.
Predictor quantise_predictor(const Eigen::MatrixXd& predictor, const std::vector<std::uint16_t>& lags,
                             const std::vector<std::uint8_t>& input_shift, const MatrixPrecision& precision);

/// Integer form of the part of a prediction that comes from a reference, whose input_shift is given.
void quantise_reference(const Eigen::MatrixXd& matrix, const MatrixPrecision& precision, Reference& reference);

/// Integer form of the matrix of a network.
void quantise_network_output(const Eigen::MatrixXd& matrix, const MatrixPrecision& precision, Network& network);

/// Integer form of a layer of a network, whose outputs reach to about 8192 of 32767 on training data.
/// @param weights  outputs × inputs, of inputs as integers.
/// @param peak     largest value of each output on training data, 0 if it is never above.
NetworkLayer quantise_layer(const Eigen::MatrixXd& weights, const Eigen::VectorXd& peak);

/// Integer form of the low-rank predictor up · down.
/// @param reduced_unit  what one unit of each entry of the reduced row, down · inputs, stands for.
Predictor quantise_factors(const Eigen::MatrixXd& up, const Eigen::MatrixXd& down, const Eigen::VectorXd& reduced_unit,
                           const std::vector<std::uint16_t>& lags, const std::vector<std::uint8_t>& input_shift,
                           const MatrixPrecision& precision);

struct Basis {
  Eigen::MatrixXd vectors;   ///< channels × coefficients, orthonormal columns, most energetic first
  Eigen::VectorXd variance;  ///< of each coefficient
};

/// Eigenvectors of a covariance with variance above `floor`.
Basis fit_basis(const Eigen::MatrixXd& covariance, double floor);

Synthesis dense_synthesis(const Eigen::MatrixXd& basis, const MatrixPrecision& precision);
Synthesis diagonal_synthesis(std::uint32_t channels, const MatrixPrecision& precision);

}  // namespace actz
