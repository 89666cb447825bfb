#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "pipeline/dec_chunk.hpp"
#include "pipeline/stored_parts.hpp"

namespace actz {

struct LoadedChunk;
/// Chunks of a tensor, in order. They are shared, for a chunk of a reference may serve many chunks.
using SharedChunks = std::vector<std::shared_ptr<const LoadedChunk>>;

/// A chunk in memory with all that decoding it needs, the chunks of its reference included: what one thread can decode.
struct LoadedChunk {
  std::shared_ptr<const std::vector<std::byte>> payload;
  std::uint64_t file_offset_bytes = 0;  ///< of the payload
  ChunkHeader header;
  std::shared_ptr<const TensorHeader> tensor;
  SharedModel model;       ///< null when the chunk is raw
  SharedChunks reference;  ///< chunks of the tensor's reference that hold the same rows
  /// Stored rows, if the chunk has sources; else those of its model's dictionary count
  std::shared_ptr<const StoredParts> stored;

  ChunkName name() const { return {header.tensor_index, header.chunk_index}; }
  std::uint64_t first_row() const { return tensor->first_row_of_strand(header.first_strand); }
  std::uint64_t end_row() const { return tensor->first_row_of_strand(header.first_strand + header.strand_count); }
};

/// Decodes a chunk, after the chunks of its reference.
Result<std::vector<std::byte>> decode_loaded(const LoadedChunk& chunk);
Status decode_loaded(const LoadedChunk& chunk, ChunkOutput to);

/// Decoded rows [first_row, end_row) from chunks that hold them, in order.
Result<ReferenceRows> decode_rows(const SharedChunks& chunks, std::uint64_t first_row, std::uint64_t end_row);

/// Whether a tensor may name another one as its reference, and how deep the chain then is.
/// @param depth_of_reference  chain length below the reference.
Status check_reference_tensor(const TensorHeader& tensor, const TensorHeader& reference, unsigned depth_of_reference,
                              std::uint64_t file_offset_bytes);

/// Whether a chunk may need chunks of its reference that have so many rows together (R-CHNK-19).
bool is_in_proportion(std::uint64_t reference_rows, std::uint64_t rows);

/// Whether the chunks of a reference are in proportion to the chunk that needs them: what a reader does for a row is
/// bounded.
Status check_reference_work(const LoadedChunk& chunk);

}  // namespace actz
