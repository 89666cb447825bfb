#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "actz/result.hpp"

namespace actz {

/// Turns decoded elements into exact ones (format_spec/05_chunks.md).
/// @param block          of the chunk.
/// @param element_bytes  2, 4 or 8.
/// @param elements       little-endian; in: as the lossy model decodes them; out: exact.
Status refine(std::span<const std::byte> block, std::size_t element_bytes, std::span<std::byte> elements,
              std::uint64_t file_offset_bytes);

}  // namespace actz
