#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "actz/options.hpp"
#include "container/fields.hpp"
#include "pipeline/chunk_layout.hpp"
#include "pipeline/prepared_model.hpp"

namespace actz {

/// The parts of a coded chunk's payload, bounds checked.
struct ChunkParts {
  std::vector<std::uint32_t> states;
  std::span<const std::byte> words;
  std::span<const std::byte> bypass;
  std::span<const std::byte> patches;
  std::uint64_t file_offset_bytes = 0;
};

/// Decoded rows of the tensor that a chunk refers to: the same rows as the chunk's.
struct ReferenceRows {
  std::vector<std::byte> elements;
  DType dtype = DType::f32;
  std::uint32_t channels = 0;
};

/// Checks that a chunk's strands lie in the tensor and its decoded size within the limits.
Status check_chunk_range(const ChunkHeader& chunk, const TensorHeader& tensor, const DecodeLimits& limits,
                         std::uint64_t file_offset_bytes);

/// Where the elements of a chunk go: into memory of its decoded length, aligned for any type, or into a vector that
/// gets that length only when the chunk was found to be sound enough to be worth it.
class ChunkOutput {
 public:
  explicit ChunkOutput(std::span<std::byte> memory) : elements_(memory) {}
  explicit ChunkOutput(std::vector<std::byte>& grown) : grown_(&grown) {}

  /// @param decoded_bytes  of the chunk.
  std::span<std::byte> room(std::size_t decoded_bytes) {
    if (grown_ != nullptr) {
      grown_->resize(decoded_bytes);
      elements_ = *grown_;
    }
    return elements_;
  }
  std::span<const std::byte> elements() const { return elements_; }

 private:
  std::vector<std::byte>* grown_ = nullptr;
  std::span<std::byte> elements_;
};

/// Decodes one CHUNK payload to C-order little-endian elements, and checks the digest.
/// @param model      the chunk's model; may be null when the chunk is raw.
/// @param reference  null if the tensor has none.
/// @param stored     rows of the model's dictionary and of the chunk's sources; null if there are none.
/// @param to         after an error it holds anything.
/// Errors: corrupt…, unsupported, limit_exceeded, out_of_memory. Memory: O(decoded bytes + model).
Status decode_chunk(std::span<const std::byte> payload, std::uint64_t file_offset_bytes, const ChunkHeader& header,
                    const TensorHeader& tensor, const PreparedModel* model, const ReferenceRows* reference,
                    const StoredParts* stored, ChunkOutput to);

/// Inputs of a model's reference from decoded rows. @param scale  of the tensor being coded.
RowBlock<std::int16_t> reference_inputs(const ReferencePredictor& predictor, const ReferenceRows& rows, float scale);

/// The two kinds of coded chunk. `to` has the chunk's decoded bytes.
Status decode_lossy_rows(const ChunkParts& parts, const TensorHeader& tensor, const ChunkLayout& layout,
                         const PreparedModel& model, const ReferenceRows* reference, const FixedStoredRows* stored,
                         std::span<std::byte> to);
Status decode_lossless_rows(const ChunkParts& parts, const TensorHeader& tensor, const ChunkLayout& layout,
                            const PreparedModel& model, std::span<std::byte> to);

}  // namespace actz
