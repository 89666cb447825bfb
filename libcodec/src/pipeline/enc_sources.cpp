#include "pipeline/enc_sources.hpp"

#include <algorithm>

#include "base/try.hpp"
#include "generated/format_limits.hpp"
#include "pipeline/load_chunk.hpp"

namespace actz {
namespace {

/// Values of all sources together: more are found by too few of the rows that have to be compared with them.
constexpr std::uint64_t kSourceValues = 1u << 22;

/// Whether a rung of the profile coded the chunk.
bool is_of_profile(const OpenArchive& file, const ChunkHeader& chunk, const Profile::Content& profile) {
  if (chunk.coding == ChunkCoding::raw || chunk.model_index >= file.models.size()) return false;
  const Sha256 digest = file.models.digest(chunk.model_index);
  return std::any_of(profile.rungs.begin(), profile.rungs.end(),
                     [&](const Rung& rung) { return rung.digest == digest; });
}

}  // namespace

std::size_t most_source_chunks(std::uint64_t rows, std::uint32_t channels) {
  if (rows == 0) return 0;
  return static_cast<std::size_t>(
      std::min<std::uint64_t>({kMaxSources, kSourceValues / (rows * channels), kMaxSourceRowsBase / rows}));
}

bool WrittenSources::takes(std::uint64_t rows, std::uint32_t channels) const {
  const std::uint64_t all = rows_ + rows;
  return list_.size() < kMaxSources && all * channels <= kSourceValues && all <= kMaxSourceRowsBase;
}

Status WrittenSources::find(OpenArchive& file, const Profile::Content& profile) {
  SourceChunks sources;
  for (std::size_t i = 0; i < file.tensors.size(); ++i) {
    const TensorHeader& tensor = file.tensors[i].header;
    if (!is_float(tensor.dtype) || tensor.channels != profile.rungs.front().model.channels) continue;
    for (std::size_t j = 0; j < file.tensors[i].chunks.size(); ++j) {
      if (list_.size() == kMaxSources) return {};
      ACTZ_TRY(const auto header, read_chunk_header_at(*file.source, file.tensors[i].chunks[j]));
      if (!header.is_source || !is_of_profile(file, header, profile)) continue;
      auto found = load_chunk(file, sources, i, j);
      if (!found && found.error().code == ErrorCode::unsupported) continue;  // of another profile, which is not at hand
      ACTZ_TRY(auto chunk, std::move(found));
      ACTZ_TRY(const auto own, read_chunk_names(*chunk.payload, chunk.header, chunk.file_offset_bytes));
      const std::vector<ChunkName> known = names();
      if (!takes(chunk.end_row() - chunk.first_row(), tensor.channels) ||
          !std::includes(known.begin(), known.end(), own.begin(), own.end()))
        continue;
      add(std::move(chunk));
    }
  }
  return {};
}

void WrittenSources::add(LoadedChunk chunk) {
  rows_ += chunk.end_row() - chunk.first_row();
  list_.push_back(make_source(std::move(chunk)));
}

std::vector<ChunkName> WrittenSources::names() const {
  std::vector<ChunkName> out;
  for (const SharedSource& source : list_) out.push_back(source->chunk.name());
  return out;
}

}  // namespace actz
