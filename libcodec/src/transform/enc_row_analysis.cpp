#include "transform/enc_row_analysis.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <utility>

#include "linear/row_block.hpp"

namespace actz {
namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// M · S for the channels from first_channel on; S itself without a metric.
RowMajor weighted(const RowMajor& synthesis, std::size_t first_channel, std::uint32_t channels,
                  const TaskMetric* metric) {
  if (metric == nullptr) return synthesis;
  const auto first = static_cast<Eigen::Index>(first_channel);
  if (metric->dense) {
    const Eigen::Map<const Eigen::MatrixXf> whole(metric->weights.data(), channels, channels);
    return whole.block(first, first, synthesis.rows(), synthesis.rows()).cast<double>() * synthesis;
  }
  const Eigen::Map<const Eigen::VectorXf> diagonal(metric->weights.data() + first, synthesis.rows());
  return diagonal.cast<double>().asDiagonal() * synthesis;
}

/// (SᵀMS)⁻¹(MS)ᵀ with a ridge far below the precision of S, so that a column of zeros gives zeros.
RowMajor pseudo_inverse(const RowMajor& synthesis, const RowMajor& weighted_synthesis) {
  Eigen::MatrixXd gram = synthesis.transpose() * weighted_synthesis;
  const double ridge =
      1e-9 * std::max(gram.trace() / static_cast<double>(std::max<Eigen::Index>(gram.rows(), 1)), 1e-30);
  gram.diagonal().array() += ridge;
  return gram.ldlt().solve(Eigen::MatrixXd(weighted_synthesis.transpose()));
}

constexpr float kLargestInput = 32767;
/// Σ|w| of a row of integer weights: with inputs of 16 bits its sums stay within 32, rounding included.
constexpr float kLargestSum = 64000;
constexpr std::size_t kMostCoarseInputs = 1024;

/// Rows of weights as integers, each as large as fits, and the factors that take that back.
PackedMatrix as_integers(std::span<const float> weights, std::size_t inputs, std::vector<float>& scale) {
  std::vector<std::int16_t> out;
  for (std::size_t first = 0; first < weights.size(); first += inputs) {
    float sum = 0, largest = 0;
    for (const float weight : weights.subspan(first, inputs)) {
      sum += std::fabs(weight);
      largest = std::max(largest, std::fabs(weight));
    }
    const float factor = sum > 0 ? std::min(kLargestSum / sum, kLargestInput / largest) : 0.0F;
    for (const float weight : weights.subspan(first, inputs)) {
      out.push_back(static_cast<std::int16_t>(std::lrintf(weight * factor)));
    }
    scale.push_back(factor > 0 ? 1.0F / factor : 0.0F);
  }
  return {weights.size() / inputs, inputs, out};
}

/// @return whether every value fits.
bool round_to_integers(const float* from, std::size_t count, std::int16_t* to) {
  unsigned beyond = 0;  // no early exit: the loop vectorises
  for (std::size_t i = 0; i < count; ++i) {
    const float rounded = from[i] + (from[i] < 0 ? -0.5F : 0.5F);
    const bool fits = std::fabs(rounded) <= kLargestInput;
    beyond |= static_cast<unsigned>(!fits);
    to[i] = static_cast<std::int16_t>(static_cast<std::int32_t>(fits ? rounded : 0.0F));
  }
  return beyond == 0;
}

}  // namespace

RowAnalysis::RowAnalysis(const Synthesis& synthesis, std::uint32_t channels, const TaskMetric* metric, bool coarse) {
  const double scale = std::ldexp(1.0, -static_cast<int>(synthesis.shift));
  if (synthesis.kind == SynthesisKind::diagonal) {
    for (const std::int16_t entry : synthesis.matrix) {
      const double step = entry * scale;
      reciprocal_.push_back(entry == 0 ? 0.0F : static_cast<float>(1.0 / step));
      const std::size_t c = column_energy_.size();
      const double weight = metric == nullptr ? 1.0 : double{metric->weights[metric->dense ? c * channels + c : c]};
      column_energy_.push_back(static_cast<float>(weight * step * step));
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
    const RowMajor weights = weighted(matrix, first, channels, metric);
    for (Eigen::Index c = 0; c < matrix.cols(); ++c) {
      column_energy_.push_back(static_cast<float>(matrix.col(c).dot(weights.col(c))));
    }
    const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> inverse =
        pseudo_inverse(matrix, weights).cast<float>();
    const std::span<const float> inverse_weights(inverse.data(), static_cast<std::size_t>(inverse.size()));
    if (coarse && rows == channels && rows <= kMostCoarseInputs && columns > 0) {
      coarse_ = as_integers(inverse_weights, rows, coarse_scale_);
    }
    blocks_.push_back({first, coefficient, FloatMatrix(columns, rows, inverse_weights)});
    element += rows * columns;
    coefficient += columns;
  }
}

/// @return false if a value is too large for it: nothing is written then.
bool RowAnalysis::analyse_coarsely(std::span<const float* const> innovation,
                                   std::span<float* const> coefficients) const {
  RowBlock<std::int16_t> in(innovation.size(), coarse_.inputs());
  RowBlock<std::int32_t> out(innovation.size(), coarse_.outputs());
  for (std::size_t i = 0; i < innovation.size(); ++i) {
    if (!round_to_integers(innovation[i], coarse_.inputs(), in.row(i))) return false;
  }
  accumulate(coarse_, std::as_const(in).first(innovation.size()), out.first(innovation.size()));
  for (std::size_t i = 0; i < innovation.size(); ++i) {
    const std::int32_t* const sums = out.row(i);
    for (std::size_t k = 0; k < coarse_scale_.size(); ++k) {
      coefficients[i][k] = static_cast<float>(sums[k]) * coarse_scale_[k];
    }
  }
  return true;
}

void RowAnalysis::analyse(std::span<const float* const> innovation, std::span<float* const> coefficients) const {
  if (blocks_.empty()) {
    for (std::size_t i = 0; i < innovation.size(); ++i) {
      for (std::size_t c = 0; c < reciprocal_.size(); ++c) coefficients[i][c] = innovation[i][c] * reciprocal_[c];
    }
    return;
  }
  if (!coarse_.empty() && analyse_coarsely(innovation, coefficients)) return;
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
