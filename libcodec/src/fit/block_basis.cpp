#include "fit/block_basis.hpp"

#include <algorithm>
#include <cmath>

#include "linear/float_linear.hpp"
#include "profile/codec_model.hpp"

namespace actz {
namespace {

constexpr double kDroppedVariancePerNoise = 0.24;  ///< as in rung_fit
constexpr double kRowsPerChannelToDrop = 3;

/// Gram matrix of the channels [first, first + width), which lie in one block of kLargestBlock.
Eigen::MatrixXd gram_of(const std::vector<double>& grams, std::size_t first, std::size_t width) {
  Eigen::MatrixXd out(width, width);
  const std::size_t column = first % kLargestBlock;
  for (std::size_t i = 0; i < width; ++i) {
    for (std::size_t j = 0; j < width; ++j) {
      out(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = grams[(first + i) * kLargestBlock + column + j];
    }
  }
  return out;
}

}  // namespace

void add_block_grams(const std::vector<float>& rows, std::size_t channels, std::size_t row_count,
                     std::vector<double>& grams) {
  std::vector<double> block;
  for (std::size_t first = 0; first < channels; first += kLargestBlock) {
    const std::size_t width = std::min(kLargestBlock, channels - first);
    block.assign(width * width, 0.0);
    accumulate_gram(&rows[first], channels, width, &rows[first], channels, width, row_count, block.data());
    for (std::size_t i = 0; i < width; ++i) {
      for (std::size_t j = 0; j < width; ++j) grams[(first + i) * kLargestBlock + j] += block[i * width + j];
    }
  }
}

BlockRate unseen_rate(const std::vector<double>& learned, const std::vector<double>& unseen, std::size_t channels,
                      std::size_t block, double noise_energy) {
  BlockRate out;
  for (std::size_t first = 0; first < channels; first += block) {
    const std::size_t width = std::min(block, channels - first);
    const Eigen::MatrixXd judge = gram_of(unseen, first, width);
    Eigen::VectorXd variances = judge.diagonal();
    if (block > 1) {
      const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(gram_of(learned, first, width));
      variances =
          (solver.eigenvectors().transpose() * judge).cwiseProduct(solver.eigenvectors().transpose()).rowwise().sum();
    }
    out.bits_per_value += 0.5 * (variances.array() / noise_energy + 1).log2().sum();
    const auto kept = (variances.array() > kDroppedVariancePerNoise * noise_energy).count();
    out.entries += static_cast<double>(width) * static_cast<double>(block > 1 ? kept : 1);
  }
  out.bits_per_value /= static_cast<double>(channels);
  return out;
}

Synthesis block_synthesis(const std::vector<double>& grams, double rows, std::size_t channels, std::size_t block,
                          double noise, const MatrixPrecision& precision) {
  Synthesis out;
  out.kind = SynthesisKind::block;
  out.shift = static_cast<std::uint8_t>(precision.synthesis_shift);
  out.block_channels = static_cast<std::uint32_t>(block);
  const double one = std::ldexp(1.0, static_cast<int>(kFractionBits + precision.synthesis_shift));
  const double floor =
      rows > kRowsPerChannelToDrop * static_cast<double>(block) ? kDroppedVariancePerNoise * noise : -1.0;
  for (std::size_t first = 0; first < channels; first += block) {
    const Basis basis =
        fit_basis(gram_of(grams, first, std::min(block, channels - first)) / std::max(rows, 1.0), floor);
    out.block_coefficients.push_back(static_cast<std::uint16_t>(basis.vectors.cols()));
    out.coefficients += static_cast<std::uint32_t>(basis.vectors.cols());
    for (Eigen::Index row = 0; row < basis.vectors.rows(); ++row) {
      for (Eigen::Index column = 0; column < basis.vectors.cols(); ++column) {
        out.matrix.push_back(
            static_cast<std::int16_t>(std::lrint(std::clamp(basis.vectors(row, column) * one, -32767.0, 32767.0))));
      }
    }
  }
  return out;
}

}  // namespace actz
