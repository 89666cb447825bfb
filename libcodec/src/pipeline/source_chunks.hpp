#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "pipeline/loaded_chunk.hpp"
#include "pipeline/stored_parts.hpp"

namespace actz {

/// A chunk that others name as a source.
struct SourceChunk {
  LoadedChunk chunk;
  std::shared_ptr<const StoredPart> rows;

  std::uint64_t row_count() const { return chunk.end_row() - chunk.first_row(); }
};
using SharedSource = std::shared_ptr<const SourceChunk>;

/// A chunk as a source: its rows are decoded when they are first needed.
SharedSource make_source(LoadedChunk chunk);

/// Whether the chunk names others only where it may (R-SRCE-02).
Status check_may_have_sources(const LoadedChunk& chunk);

/// Whether a chunk may name chunks that have so many rows together (R-SRCE-06).
bool may_name(std::uint64_t source_rows, std::uint64_t rows);

/// The stored rows of a chunk: those of its model's dictionary, if it names one, then those of its sources.
/// @param dictionary  null: none.
SharedParts stored_parts(const LoadedDictionary* dictionary, std::span<const SharedSource> sources);

/// Source chunks of the file at hand. They stay, decoded or not, as long as they are no more than one chunk may name
/// whatever its size, so that reading here and there does not decode them again; otherwise until a chunk names others.
class SourceChunks {
 public:
  /// Gives the chunk of a name, without its own sources.
  /// Errors: corrupt, if no such chunk stands before the one that names it (R-SRCE-03); why it cannot be decoded.
  using Find = std::function<Result<LoadedChunk>(const ChunkName& name)>;

  /// Finds the chunks that a chunk names, checks them against it, and gives it their rows.
  /// @param chunk  that may have sources.
  Status resolve(LoadedChunk& chunk, const Find& find);

 private:
  /// The same for a chunk whose sources are open.
  Status link(LoadedChunk& chunk) const;
  Status check_work(const LoadedChunk& chunk, const std::vector<ChunkName>& names) const;
  bool has_room() const;

  std::map<ChunkName, SharedSource> open_;
  // of the chunk resolved last
  std::vector<ChunkName> names_;
  SharedModel model_;
  std::shared_ptr<const StoredParts> stored_;
};

}  // namespace actz
