#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "container/fields.hpp"
#include "pipeline/chunk_layout.hpp"
#include "pipeline/dec_chunk.hpp"
#include "pipeline/enc_lanes.hpp"
#include "rows/enc_lossy_rows.hpp"

namespace actz {

/// What a chunk did to its values.
struct ChunkStatistics {
  double squared_error = 0;
  double max_abs_error = 0;
  std::vector<double> sum;         ///< per channel, of x − centre; lossy only
  std::vector<double> square_sum;  ///< per channel, of (x − centre)²
  std::uint64_t finite_rows = 0;
  std::uint64_t patches = 0;
  std::uint64_t matched_rows = 0;
  std::uint64_t match_bits = 0;
};

struct EncodedChunk {
  std::vector<std::byte> payload;  ///< of the CHUNK section
  std::uint64_t digest = 0;
  ChunkStatistics statistics;
};

/// Which chunk is being encoded.
struct ChunkPlace {
  std::uint32_t tensor_index = 0;
  std::uint32_t chunk_index = 0;
  std::uint64_t first_strand = 0;
  std::uint32_t strand_count = 0;
  std::uint16_t model_index = 0;
  bool is_source = false;  ///< later chunks may be matched with it
};

/// Rows from outside a chunk that its own may be matched with, as an encoder wants them.
struct OutsideRows {
  std::vector<ChunkName> sources;
  StoredSearch search;  ///< rows of the model's dictionary, then those of the sources
};

/// Encodes the chunks of one tensor with one model. Shared by threads: encode() keeps nothing.
class ChunkEncoder {
 public:
  virtual ~ChunkEncoder() = default;
  /// @param elements  the chunk's elements, C order, little-endian.
  /// The decoded bytes are computed exactly as a decoder does and stand behind the digest.
  /// @param reference  decoded rows of the tensor's reference, or null.
  /// @param outside    null: none.
  virtual Result<EncodedChunk> encode(const ChunkPlace& place, std::span<const std::byte> elements,
                                      const ReferenceRows* reference, const OutsideRows* outside) const = 0;
};

/// What comes back of a tensor that a lossy model codes. Exact: every bit, by a refinement in place of patches.
enum class Exactness { lossy, exact };

/// @param rows       made for the model.
/// @param max_error  every |x − x̂| is at most this; patches see to it.
std::unique_ptr<ChunkEncoder> make_lossy_chunk_encoder(const CodecModel& model,
                                                       std::shared_ptr<const LossyRowEncoder> rows,
                                                       const TensorHeader& tensor, std::optional<double> max_error,
                                                       Exactness exact = Exactness::lossy);
std::unique_ptr<ChunkEncoder> make_lossless_chunk_encoder(const CodecModel& model, const TensorHeader& tensor);

/// Fills in lanes_log2 and word_count.
void set_lanes(const CodedLanes& coded, ChunkHeader& header);

/// Header of a chunk, without the lengths of its parts.
ChunkHeader chunk_header(const ChunkPlace& place, ChunkCoding coding, std::uint64_t digest);

/// Header, sources, states and words, bypass, patches: the payload of a CHUNK section.
std::vector<std::byte> assemble_chunk(const ChunkHeader& header, std::span<const ChunkName> sources,
                                      std::span<const std::byte> states_and_words, std::span<const std::byte> bypass,
                                      std::span<const std::byte> patches);

/// A chunk that stores its elements as they are.
EncodedChunk raw_chunk(const ChunkPlace& place, std::span<const std::byte> elements);

}  // namespace actz
