#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "actz/archive.hpp"
#include "container/fields.hpp"
#include "pipeline/loaded_chunk.hpp"
#include "pipeline/model_set.hpp"
#include "pipeline/source_chunks.hpp"
#include "recover/section_scan.hpp"

namespace actz {

/// The sections that are left of a data file, by the numbers that they had in it.
class DamagedArchive {
 public:
  struct Chunk {
    ScannedPart section;
    ChunkHeader header;
  };
  struct Tensor {
    std::shared_ptr<const TensorHeader> header;
    std::map<std::uint32_t, Chunk> chunks;  ///< by chunk_index
    std::optional<TensorEnd> end;
  };
  /// A MODEL or MODEL_REFERENCE section.
  struct Model {
    ScannedPart section;
    Sha256 digest{};
  };

  static Result<DamagedArchive> open(const ByteSource& source, const DecodeOptions& options);

  const std::map<std::uint32_t, Tensor>& tensors() const { return tensors_; }
  const std::vector<Model>& models() const { return models_; }
  const std::optional<std::vector<std::byte>>& metadata() const { return metadata_; }
  /// The section of a dictionary, or null.
  const ScannedPart* dictionary(const Sha256& digest) const;
  std::uint64_t damaged_bytes() const { return damaged_bytes_; }
  std::uint64_t chunks_without_tensor() const { return chunks_without_tensor_; }
  bool end_found() const { return end_found_; }

  Result<std::vector<std::byte>> payload_of(const ScannedPart& section) const;

  /// Whether the tensor that a header names as its reference may be one, and is left. Its chunks need not be.
  Status check_reference(const TensorHeader& tensor) const;

  /// A chunk with what it needs. Errors: why it cannot be decoded.
  Result<LoadedChunk> load(const ChunkName& name);
  /// Which of models() it was found to be coded with, once it was decoded.
  std::optional<std::size_t> model_of(std::uint16_t model_index) const;
  /// Loads and decodes a chunk. Errors: why that is impossible.
  Result<std::vector<std::byte>> decode(const ChunkName& name);

 private:
  explicit DamagedArchive(const ByteSource& source, const DecodeOptions& options)
      : source_(&source), options_(options), model_set_(options) {}

  Status take(const ScannedPart& part);
  Status take_section(const ScannedPart& part);
  void take_tensor(const std::vector<std::byte>& payload, std::uint64_t offset_bytes);
  void take_chunk(const ScannedPart& part, const std::vector<std::byte>& payload);
  void take_tensor_end(const std::vector<std::byte>& payload, std::uint64_t offset_bytes);
  void belongs_to(std::uint32_t tensor_index);
  Result<LoadedChunk> load_alone(const ChunkName& name);
  /// The chunk with a model that decodes it to its digest.
  Result<LoadedChunk> with_model(const LoadedChunk& chunk);
  Result<LoadedChunk> complete(LoadedChunk chunk, std::size_t model);
  Status add_reference_chunks(LoadedChunk& chunk);
  std::vector<std::size_t> candidates(std::uint16_t model_index, std::uint64_t file_offset_bytes) const;

  const ByteSource* source_;
  DecodeOptions options_;
  ModelSet model_set_;
  std::vector<Model> models_;
  std::vector<std::pair<Sha256, ScannedPart>> dictionaries_;
  std::map<std::uint32_t, Tensor> tensors_;
  std::optional<std::vector<std::byte>> metadata_;
  std::map<std::uint16_t, std::size_t> model_numbers_;  ///< known from decoding, or from counting
  std::set<std::size_t> unnumbered_models_;             ///< of models(), those that no number is known of
  SourceChunks sources_;
  std::map<ChunkName, std::optional<Error>> verdicts_;  ///< of chunks that were decoded

  std::uint64_t damaged_bytes_ = 0;
  std::uint64_t chunks_without_tensor_ = 0;
  bool end_found_ = false;
  // while the sections are taken
  std::optional<std::uint32_t> tensor_number_ = 0;  ///< that the next TENSOR section has, if known
  std::optional<std::uint16_t> model_number_ = 0;
  std::shared_ptr<const TensorHeader> unnumbered_;  ///< the tensor before, as long as its number is not known
};

}  // namespace actz
