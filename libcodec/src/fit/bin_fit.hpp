#pragma once

#include <cstdint>
#include <span>

#include "model/bins.hpp"

namespace actz {

/// Chooses the bins of a lossless model from sample elements: the dyadic partition of the element's bit patterns
/// that minimises code length, symbol and offset together, with a charge for each bin. Where the density is flat
/// bins stay wide; values that occur again and again get a bin of their own. The escape comes last.
/// @param sample         elements as unsigned integers, zero-extended.
/// @param element_bits   8, 16, 32 or 64.
/// @param low_zero_bits  bits that are 0 at the bottom of every element of the tensor.
BinTable fit_bins(std::span<const std::uint64_t> sample, unsigned element_bits, unsigned low_zero_bits);

}  // namespace actz
