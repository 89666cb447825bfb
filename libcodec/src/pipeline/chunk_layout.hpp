#pragma once

#include <cstdint>
#include <vector>

#include "container/fields.hpp"
#include "rows/step_plan.hpp"

namespace actz {

/// Where the strands of a chunk lie: rows counted from the first row of the chunk.
struct ChunkLayout {
  std::vector<Strand> strands;
  std::uint64_t first_row = 0;  ///< over all sequences of the tensor
  std::size_t row_count = 0;
  std::size_t element_count = 0;
  std::size_t decoded_bytes = 0;
};

/// @param first_strand, strand_count  must lie inside the tensor.
ChunkLayout chunk_layout(const TensorHeader& tensor, std::uint64_t first_strand, std::uint32_t strand_count);

/// The number of each row in its strand.
std::vector<std::uint32_t> positions_in_strands(const ChunkLayout& layout);

/// Decoded bytes of a chunk, without building the layout; saturates instead of overflowing.
std::uint64_t chunk_decoded_bytes(const TensorHeader& tensor, std::uint64_t first_strand, std::uint32_t strand_count);

}  // namespace actz
