#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "actz/result.hpp"

namespace actz {

/// Elements of a lossy chunk that are replaced after reconstruction by their exact original bytes: NaN, ±Inf, and
/// values whose error would break a promised bound (format_spec/05_chunks.md, "Patches").
struct PatchList {
  std::vector<std::uint64_t> element;  ///< ascending index within the chunk
  std::vector<std::byte> values;       ///< element_bytes each
};

/// Empty for an empty list.
std::vector<std::byte> write_patches(const PatchList& patches);

/// @param element_limit  elements of the chunk. An empty block is an empty list.
Result<PatchList> read_patches(std::span<const std::byte> block, std::uint64_t element_limit, std::size_t element_bytes,
                               std::uint64_t file_offset_bytes);

}  // namespace actz
