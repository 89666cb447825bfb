#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/open_archive.hpp"
#include "profile/profile_content.hpp"

namespace actz {

/// Chunks of so many rows that become sources, at most.
std::size_t most_source_chunks(std::uint64_t rows, std::uint32_t channels);

/// Chunks of a file that later ones of the same kind may be matched with: the first ones, as many as pay
/// (docs/decisions/0015-source-chunks.md). Each is itself matched with those before it.
class WrittenSources {
 public:
  /// Whether the next chunk becomes a source.
  bool takes(std::uint64_t rows, std::uint32_t channels) const;
  void add(LoadedChunk chunk);

  /// Takes in those that a file has for tensors coded with models of a profile.
  /// Errors: those of reading them.
  Status find(OpenArchive& file, const Profile::Content& profile);

  const std::vector<SharedSource>& list() const { return list_; }
  std::vector<ChunkName> names() const;

 private:
  std::vector<SharedSource> list_;
  std::uint64_t rows_ = 0;
};

}  // namespace actz
