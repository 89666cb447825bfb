#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "actz/archive.hpp"
#include "base/byte_writer.hpp"
#include "pipeline/buffered_elements.hpp"
#include "pipeline/enc_chunk.hpp"
#include "pipeline/enc_sources.hpp"
#include "pipeline/file_writer.hpp"
#include "pipeline/reference_tensor.hpp"

namespace actz {

/// One tensor on its way into a file: its chunks in order, then its end.
class TensorEncoding {
 public:
  /// @param choice   null for a tensor without elements.
  /// @param sources  chunks of earlier tensors that its rows may be matched with, to which its own are added; null:
  /// none.
  TensorEncoding(FileWriter& file, const TensorHeader& tensor, std::uint32_t tensor_index, const ModelChoice* choice,
                 WrittenSources* sources, const EncodeOptions& options);

  Status write_chunks(BufferedElements& elements, const CutPlan& cut, std::uint16_t model_index);
  Status write_end();
  /// The chunks, if the tensor is kept as a reference.
  SharedChunks take_kept() { return std::move(kept_); }
  /// Fills in what was measured.
  void report(EncodeReport& to) const;

 private:
  Status store(const ChunkPlace& place, const EncodedChunk& chunk);
  double centred_energy() const;
  /// A chunk that was written, to be decoded again.
  LoadedChunk loaded(const EncodedChunk& chunk) const;
  /// Takes in the sources that were added.
  Status renew_outside();

  FileWriter& file_;
  TensorHeader tensor_;
  std::uint32_t tensor_index_;
  const ReferenceTensor* reference_;
  const EncodeOptions& options_;
  WrittenSources* sources_ = nullptr;
  SharedChunks kept_;
  SharedModel model_;  ///< of chunks that are decoded again
  std::shared_ptr<const LossyRowEncoder> rows_;
  std::shared_ptr<const OutsideRows> outside_;
  std::size_t outside_sources_ = 0;            ///< in it
  std::shared_ptr<const StoredParts> stored_;  ///< the same for decoding
  std::unique_ptr<ChunkEncoder> encoder_;
  bool lossy_ = false;
  bool refined_ = false;
  ByteWriter digests_;
  std::uint32_t chunk_count_ = 0;
  ChunkStatistics total_;
  std::uint64_t rows_done_ = 0;
};

}  // namespace actz
