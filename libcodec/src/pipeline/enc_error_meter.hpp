#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "container/fields.hpp"
#include "container/patches.hpp"
#include "pipeline/enc_chunk.hpp"

namespace actz {

/// Compares what a decoder will see of a chunk with the input, lists the elements to be patched (error not finite or
/// beyond the bound) and applies the patches to `decoded`.
/// @param centre      the model's, in units of the tensor.
/// @param statistics  filled in.
PatchList measure_and_patch(const TensorHeader& tensor, std::span<const std::int32_t> centre, std::optional<double> max_error,
                            std::span<const std::byte> elements, std::span<std::byte> decoded, ChunkStatistics& statistics);

}  // namespace actz
