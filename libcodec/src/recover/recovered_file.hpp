#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "actz/recover.hpp"
#include "pipeline/file_writer.hpp"
#include "recover/damaged_archive.hpp"

namespace actz {

/// A chunk that decodes to its digest.
struct GoodChunk {
  ChunkName name;
  ChunkHeader header;
  RowRange rows;
  std::vector<ChunkName> sources;
  std::optional<Sha256> dictionary;  ///< of its model
};

/// Writes chunks that decode to a new file: coded as they are, under new numbers, where that is possible.
class RecoveredFile {
 public:
  RecoveredFile(DamagedArchive& from, ByteSink& to) : from_(from), file_(to) {}

  Status add_metadata();

  /// A whole tensor, or what is left of it: a piece between any two gaps.
  /// @param chunks  of the tensor, in order, after those of the tensors before it.
  Status add_tensor(std::uint32_t number, const std::vector<GoodChunk>& chunks, RecoveredTensor& report);

  Status finish();

 private:
  /// Chunks whose strands follow one another.
  using Run = std::vector<GoodChunk>;

  Status add_whole(std::uint32_t number, const Run& run, RecoveredTensor& report);
  Status add_piece(const TensorHeader& tensor, const Run& run, RecoveredTensor& report);
  bool can_take_over(const Run& run) const;
  Status add_model_of(const GoodChunk& chunk);
  Status begin_tensor(const TensorHeader& header);
  Status write_chunk(ChunkHeader header, std::span<const ChunkName> sources, std::span<const std::byte> body);
  Status write_chunks(const Run& run);
  Status write_elements(const Run& run);
  Status write_end(const std::optional<TensorEnd>& known);
  std::string piece_name(const TensorHeader& tensor, const RowRange& rows);

  DamagedArchive& from_;
  FileWriter file_;
  std::set<std::string> names_;
  std::map<std::uint32_t, std::uint32_t> tensors_;  ///< that came back whole: new numbers by old ones
  std::map<std::size_t, std::uint16_t> models_;     ///< new numbers by places in the damaged file
  std::uint16_t model_count_ = 0;
  std::set<Sha256> dictionaries_;
  std::map<ChunkName, ChunkName> chunks_;  ///< taken over: new names by old ones
  std::uint32_t tensor_count_ = 0;
  // of the tensor at hand
  std::uint64_t strands_ = 0;
  std::vector<std::uint64_t> digests_;
};

}  // namespace actz
