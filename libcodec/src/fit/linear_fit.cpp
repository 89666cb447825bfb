#include "fit/linear_fit.hpp"

#include <algorithm>
#include <cmath>

#include "profile/codec_model.hpp"

namespace actz {
namespace {

constexpr double kInt16Limit = 32767.0;

std::int16_t to_int16(double value) {
  return static_cast<std::int16_t>(std::lrint(std::clamp(value, -kInt16Limit, kInt16Limit)));
}

/// Largest number of fraction bits, at most `wanted`, with which a row of weights fits in 16 bits.
int fitting_bits(const Eigen::RowVectorXd& row, int wanted) {
  const double largest = row.cwiseAbs().maxCoeff();
  int bits = wanted;
  while (bits > -15 && std::ldexp(largest, bits) > kInt16Limit) --bits;
  return bits;
}

/// Weights by which each input is multiplied because it was shifted right.
Eigen::RowVectorXd input_scale(const std::vector<std::uint8_t>& input_shift, std::size_t lag_count) {
  const auto d = static_cast<Eigen::Index>(input_shift.size());
  Eigen::RowVectorXd scale(d * static_cast<Eigen::Index>(lag_count));
  for (Eigen::Index i = 0; i < scale.size(); ++i)
    scale[i] = std::ldexp(1.0, input_shift[static_cast<std::size_t>(i % d)]);
  return scale;
}

/// Quantises the rows of a matrix, each with its own fraction bits; `shift` receives fraction bits − output_bits.
std::vector<std::int16_t> quantise_rows(const Eigen::MatrixXd& matrix, int wanted_bits, int output_bits,
                                        std::vector<std::uint8_t>& shift) {
  std::vector<std::int16_t> out;
  out.reserve(static_cast<std::size_t>(matrix.size()));
  for (Eigen::Index row = 0; row < matrix.rows(); ++row) {
    // A row too steep for its output precision keeps shift 0 and saturates; the closed loop absorbs the error.
    const int bits = std::max(fitting_bits(matrix.row(row), wanted_bits), output_bits);
    shift.push_back(static_cast<std::uint8_t>(std::clamp(bits - output_bits, 0, 31)));
    for (Eigen::Index column = 0; column < matrix.cols(); ++column) {
      out.push_back(to_int16(std::ldexp(matrix(row, column), bits)));
    }
  }
  return out;
}

/// The same with as many fraction bits as bring the largest weight of each row to about `largest`.
std::vector<std::int16_t> quantise_to_weights(const Eigen::MatrixXd& matrix, double largest, int output_bits,
                                              std::vector<std::uint8_t>& shift) {
  constexpr int kMostBits = 15;  // a reduced row of 16 bits and these stay below 2^31
  std::vector<std::int16_t> out;
  out.reserve(static_cast<std::size_t>(matrix.size()));
  for (Eigen::Index row = 0; row < matrix.rows(); ++row) {
    const double peak = std::max(matrix.row(row).cwiseAbs().maxCoeff(), 1e-12);
    const int bits =
        std::clamp(static_cast<int>(std::floor(std::log2(largest / peak))), output_bits, output_bits + kMostBits);
    shift.push_back(static_cast<std::uint8_t>(bits - output_bits));
    for (Eigen::Index column = 0; column < matrix.cols(); ++column) {
      out.push_back(to_int16(std::ldexp(matrix(row, column), bits)));
    }
  }
  return out;
}

}  // namespace

Eigen::MatrixXd fit_predictor(const LagMoments& moments, double ridge) {
  if (moments.hh.rows() == 0) return Eigen::MatrixXd(moments.zz.rows(), 0);
  Eigen::MatrixXd regularised = moments.hh;
  regularised.diagonal().array() += std::max({ridge, 1e-9 * moments.hh.diagonal().maxCoeff(), 1e-20});
  return regularised.llt().solve(moments.zh.transpose()).transpose();
}

Eigen::MatrixXd residual_covariance(const LagMoments& moments, const Eigen::MatrixXd& predictor) {
  Eigen::MatrixXd out = moments.zz;
  if (predictor.cols() > 0) {
    const Eigen::MatrixXd cross = predictor * moments.zh.transpose();
    out += predictor * moments.hh * predictor.transpose() - cross - cross.transpose();
  }
  return out / std::max(moments.rows, 1.0);
}

Predictor quantise_predictor(const Eigen::MatrixXd& predictor, const std::vector<std::uint16_t>& lags,
                             const std::vector<std::uint8_t>& input_shift, const MatrixPrecision& precision) {
  Predictor out;
  if (lags.empty()) return out;
  out.kind = PredictorKind::dense;
  out.lags = lags;
  out.input_shift = input_shift;
  const Eigen::MatrixXd scaled = predictor.array().rowwise() * input_scale(input_shift, lags.size()).array();
  out.matrix = quantise_rows(scaled, static_cast<int>(precision.predictor_bits),
                             static_cast<int>(precision.synthesis_shift), out.output_shift);
  return out;
}

void quantise_reference(const Eigen::MatrixXd& matrix, const MatrixPrecision& precision, Reference& reference) {
  const Eigen::MatrixXd scaled = matrix.array().rowwise() * input_scale(reference.input_shift, reference.rows).array();
  reference.output_shift.clear();
  reference.matrix = quantise_rows(scaled, static_cast<int>(precision.predictor_bits) + 3,
                                   static_cast<int>(precision.synthesis_shift), reference.output_shift);
}

void quantise_network_output(const Eigen::MatrixXd& matrix, const MatrixPrecision& precision, Network& network) {
  network.output_shift.clear();
  network.matrix = quantise_rows(matrix, static_cast<int>(precision.predictor_bits) + 3,
                                 static_cast<int>(precision.synthesis_shift), network.output_shift);
}

NetworkLayer quantise_layer(const Eigen::MatrixXd& weights, const Eigen::VectorXd& peak) {
  constexpr double kLargestWeight = 127;
  constexpr double kLargestOutput = 8192;  ///< of 32767: other rows may reach further than those of training
  NetworkLayer out;
  out.outputs = static_cast<std::uint16_t>(weights.rows());
  for (Eigen::Index row = 0; row < weights.rows(); ++row) {
    const double scale = kLargestWeight / std::max(weights.row(row).cwiseAbs().maxCoeff(), 1e-12);
    for (Eigen::Index column = 0; column < weights.cols(); ++column)
      out.weights.push_back(static_cast<std::int8_t>(std::lrint(weights(row, column) * scale)));
    const double bits = std::ceil(std::log2(std::max(peak[row] * scale, 1.0) / kLargestOutput));
    out.shift.push_back(static_cast<std::uint8_t>(std::clamp(bits, 0.0, 31.0)));
  }
  return out;
}

Predictor quantise_factors(const Eigen::MatrixXd& up, const Eigen::MatrixXd& down, const Eigen::VectorXd& reduced_unit,
                           const std::vector<std::uint16_t>& lags, const std::vector<std::uint8_t>& input_shift,
                           const MatrixPrecision& precision) {
  Predictor out;
  out.kind = PredictorKind::low_rank;
  out.lags = lags;
  out.input_shift = input_shift;
  out.rank = static_cast<std::uint16_t>(up.cols());
  const Eigen::VectorXd unit = reduced_unit.cwiseMax(1e-12);
  const Eigen::MatrixXd narrow =
      unit.cwiseInverse().asDiagonal() *
      Eigen::MatrixXd(down.array().rowwise() * input_scale(input_shift, lags.size()).array());
  const Eigen::MatrixXd wide = up * unit.asDiagonal();
  out.down = quantise_to_weights(narrow, precision.largest_factor, 0, out.down_shift);
  out.up = quantise_to_weights(wide, precision.largest_factor, static_cast<int>(precision.synthesis_shift),
                               out.output_shift);
  return out;
}

Basis fit_basis(const Eigen::MatrixXd& covariance, double floor) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance);
  const Eigen::Index kept = std::max<Eigen::Index>((solver.eigenvalues().array() > floor).count(), 1);
  return {solver.eigenvectors().rightCols(kept).rowwise().reverse(), solver.eigenvalues().tail(kept).reverse()};
}

Synthesis dense_synthesis(const Eigen::MatrixXd& basis, const MatrixPrecision& precision) {
  Synthesis out;
  out.kind = SynthesisKind::dense;
  out.coefficients = static_cast<std::uint32_t>(basis.cols());
  out.shift = static_cast<std::uint8_t>(precision.synthesis_shift);
  const double one = std::ldexp(1.0, static_cast<int>(kFractionBits + precision.synthesis_shift));
  for (Eigen::Index row = 0; row < basis.rows(); ++row) {
    for (Eigen::Index column = 0; column < basis.cols(); ++column)
      out.matrix.push_back(to_int16(basis(row, column) * one));
  }
  return out;
}

Synthesis diagonal_synthesis(std::uint32_t channels, const MatrixPrecision& precision) {
  Synthesis out;
  out.kind = SynthesisKind::diagonal;
  out.coefficients = channels;
  out.shift = static_cast<std::uint8_t>(precision.synthesis_shift);
  out.matrix.assign(channels, static_cast<std::int16_t>(1 << (kFractionBits + precision.synthesis_shift)));
  return out;
}

}  // namespace actz
