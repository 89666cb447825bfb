#pragma once

#include <cstddef>

#include "pipeline/open_archive.hpp"

namespace actz {

/// Reads one chunk that the index names, with those of its reference and its sources: what one thread can decode.
/// @param sources  of the chunk loaded before.
Result<LoadedChunk> load_chunk(OpenArchive& file, SourceChunks& sources, std::size_t tensor_index,
                               std::size_t chunk_index);

}  // namespace actz
