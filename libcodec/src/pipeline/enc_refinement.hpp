#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "actz/tensor.hpp"

namespace actz {

/// The refinement block that turns decoded elements into exact ones (dec_refinement.hpp), with tables learned from
/// them.
/// @param dtype              of floats.
/// @param decoded, elements  little-endian, of one chunk.
std::vector<std::byte> write_refinement(DType dtype, std::span<const std::byte> decoded,
                                        std::span<const std::byte> elements);

}  // namespace actz
