#include "transform/enc_row_analysis.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "linear/row_block.hpp"

namespace actz {
namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// (SᵀS)⁻¹Sᵀ with a ridge far below the precision of S, so that a column of zeros gives zeros.
RowMajor pseudo_inverse(const RowMajor& synthesis) {
  Eigen::MatrixXd gram = synthesis.transpose() * synthesis;
  const double ridge = 1e-9 * std::max(gram.trace() / static_cast<double>(std::max<Eigen::Index>(gram.rows(), 1)), 1e-30);
  gram.diagonal().array() += ridge;
  return gram.ldlt().solve(Eigen::MatrixXd(synthesis.transpose()));
}

}  // namespace

RowAnalysis::RowAnalysis(const Synthesis& synthesis, std::uint32_t channels) {
  const double scale = std::ldexp(1.0, -static_cast<int>(synthesis.shift));
  if (synthesis.kind == SynthesisKind::diagonal) {
    for (const std::int16_t entry : synthesis.matrix) {
      const double step = entry * scale;
      reciprocal_.push_back(entry == 0 ? 0.0F : static_cast<float>(1.0 / step));
      column_energy_.push_back(static_cast<float>(step * step));
    }
    return;
  }
  const std::size_t width = synthesis.kind == SynthesisKind::block ? synthesis.block_channels : channels;
  std::size_t element = 0;
  std::size_t coefficient = 0;
  for (std::size_t first = 0, index = 0; first < channels; first += width, ++index) {
    const std::size_t rows = std::min<std::size_t>(width, channels - first);
    const std::size_t columns =
        synthesis.kind == SynthesisKind::block ? synthesis.block_coefficients[index] : synthesis.coefficients;
    RowMajor matrix(static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(columns));
    for (Eigen::Index i = 0; i < matrix.size(); ++i) {
      matrix.data()[i] = synthesis.matrix[element + static_cast<std::size_t>(i)] * scale;
    }
    for (Eigen::Index c = 0; c < matrix.cols(); ++c) {
      column_energy_.push_back(static_cast<float>(matrix.col(c).squaredNorm()));
    }
    const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> inverse =
        pseudo_inverse(matrix).cast<float>();
    blocks_.push_back({first, coefficient,
                       FloatMatrix(columns, rows, std::span(inverse.data(), static_cast<std::size_t>(inverse.size())))});
    element += rows * columns;
    coefficient += columns;
  }
}

void RowAnalysis::analyse(std::span<const float* const> innovation, std::span<float* const> coefficients) const {
  if (blocks_.empty()) {
    for (std::size_t i = 0; i < innovation.size(); ++i) {
      for (std::size_t c = 0; c < reciprocal_.size(); ++c) coefficients[i][c] = innovation[i][c] * reciprocal_[c];
    }
    return;
  }
  if (blocks_.size() == 1) {
    multiply(blocks_.front().inverse, innovation, coefficients);
    return;
  }
  std::vector<const float*> inputs(innovation.size());
  for (const Block& block : blocks_) {
    RowBlock<float> out(innovation.size(), block.inverse.outputs());
    for (std::size_t i = 0; i < innovation.size(); ++i) inputs[i] = innovation[i] + block.first_channel;
    multiply(block.inverse, inputs, out.first(innovation.size()));
    for (std::size_t i = 0; i < innovation.size(); ++i) {
      std::copy_n(out.row(i), block.inverse.outputs(), coefficients[i] + block.first_coefficient);
    }
  }
}

}  // namespace actz
