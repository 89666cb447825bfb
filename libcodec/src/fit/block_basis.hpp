#pragma once

#include <cstddef>
#include <vector>

#include "fit/linear_fit.hpp"
#include "transform/synthesis.hpp"

namespace actz {

/// Channels of a block of the transform, at most; every other size divides it.
inline constexpr std::size_t kLargestBlock = 128;
inline constexpr unsigned kBlockSizes[] = {1, 32, 64, 128};

/// Adds the Gram matrices of blocks of kLargestBlock channels: grams[c · kLargestBlock + j] is the product of channel c
/// with channel j of its block. The last block may be smaller.
void add_block_grams(const std::vector<float>& rows, std::size_t channels, std::size_t row_count,
                     std::vector<double>& grams);

struct BlockRate {
  double bits_per_value = 0;  ///< ½ log2(1 + variance / noise) of unseen rows
  double entries = 0;         ///< of the matrices, without the coefficients that would stay zero
};

/// Rate of unseen rows in the bases that `learned` gives to blocks of `block` channels.
/// @param noise_energy  noise times the number of unseen rows.
BlockRate unseen_rate(const std::vector<double>& learned, const std::vector<double>& unseen, std::size_t channels,
                      std::size_t block, double noise_energy);

/// KLT of each block, without the coefficients that would stay zero.
Synthesis block_synthesis(const std::vector<double>& grams, double rows, std::size_t channels, std::size_t block,
                          double noise, const MatrixPrecision& precision);

}  // namespace actz
