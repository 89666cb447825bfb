#include "pipeline/source_chunks.hpp"

#include <algorithm>

#include "base/try.hpp"
#include "generated/format_limits.hpp"
#include "tensor/float_convert.hpp"

namespace actz {
namespace {

Error broken(const LoadedChunk& chunk, const char* message) {
  return {ErrorCode::corrupt, chunk.file_offset_bytes, message};
}

Result<StoredRows> decode_rows_of(const LoadedChunk& chunk) {
  ACTZ_TRY(const auto elements, decode_loaded(chunk));
  StoredRows out;
  out.channels = chunk.tensor->channels;
  out.values.resize(elements.size() / element_bytes(chunk.tensor->dtype));
  floats_to_f32(chunk.tensor->dtype, elements, out.values);
  out.position =
      positions_in_strands(chunk_layout(*chunk.tensor, chunk.header.first_strand, chunk.header.strand_count));
  return out;
}

Result<std::vector<ChunkName>> names_of(const LoadedChunk& chunk) {
  ACTZ_TRY(auto names, read_chunk_names(*chunk.payload, chunk.header, chunk.file_offset_bytes));
  if (std::adjacent_find(names.begin(), names.end(), std::greater_equal<ChunkName>()) != names.end()) {  // R-SRCE-03
    return broken(chunk, "a chunk names sources out of order");
  }
  return names;
}

Status check_source(const LoadedChunk& chunk, const std::vector<ChunkName>& names, const LoadedChunk& source) {
  if (!source.header.is_source) return broken(chunk, "a chunk names one that is no source");  // R-SRCE-03
  ACTZ_TRY(const auto own, read_chunk_names(*source.payload, source.header, source.file_offset_bytes));
  if (!std::includes(names.begin(), names.end(), own.begin(), own.end())) {  // R-SRCE-04
    return broken(chunk, "a chunk does not name all sources of its sources");
  }
  if (source.tensor->channels != chunk.tensor->channels || !is_float(source.tensor->dtype) ||
      source.tensor->reference != kNoReference) {  // R-SRCE-05
    return broken(chunk, "a chunk names one of another kind of tensor");
  }
  return {};
}

}  // namespace

SharedSource make_source(LoadedChunk chunk) {
  auto rows = std::make_shared<const StoredPart>([chunk] { return decode_rows_of(chunk); });
  return std::make_shared<const SourceChunk>(SourceChunk{std::move(chunk), std::move(rows)});
}

Status check_may_have_sources(const LoadedChunk& chunk) {
  if (chunk.header.source_count == 0) return {};
  if (chunk.model == nullptr || chunk.model->model.match.classes == 0 || chunk.tensor->is_referenced) {  // R-SRCE-02
    return broken(chunk, "a chunk names others whose rows are not matched, or that others refer to");
  }
  return {};
}

bool may_name(std::uint64_t source_rows, std::uint64_t rows) {
  return source_rows <= kMaxSourceRowsFactor * rows + kMaxSourceRowsBase;
}

SharedParts stored_parts(const LoadedDictionary* dictionary, std::span<const SharedSource> sources) {
  SharedParts out;
  if (dictionary != nullptr) out.push_back(dictionary->part());
  for (const SharedSource& source : sources) out.push_back(source->rows);
  return out;
}

Status SourceChunks::resolve(LoadedChunk& chunk, const Find& find) {
  if (chunk.header.source_count == 0) return {};
  ACTZ_TRY(const auto names, names_of(chunk));
  for (const ChunkName& name : names) {
    if (open_.contains(name)) continue;
    ACTZ_TRY(auto source, find(name));
    ACTZ_CHECK(check_may_have_sources(source));
    ACTZ_CHECK(link(source));
    open_.emplace(name, make_source(std::move(source)));
  }
  if (!has_room()) {
    std::erase_if(open_, [&](const auto& one) { return !std::binary_search(names.begin(), names.end(), one.first); });
  }
  if (names == names_ && chunk.model == model_) {
    chunk.stored = stored_;
    return check_work(chunk, names);
  }
  ACTZ_CHECK(link(chunk));
  names_ = names;
  model_ = chunk.model;
  stored_ = chunk.stored;
  return {};
}

bool SourceChunks::has_room() const {
  std::uint64_t rows = 0;
  for (const auto& [name, source] : open_) rows += source->row_count();
  return open_.size() <= kMaxSources && rows <= kMaxSourceRowsBase;
}

Status SourceChunks::link(LoadedChunk& chunk) const {
  if (chunk.header.source_count == 0) return {};
  ACTZ_TRY(const auto names, names_of(chunk));
  std::vector<SharedSource> sources;
  for (const ChunkName& name : names) {
    const auto found = open_.find(name);
    if (found == open_.end()) {  // R-SRCE-04
      return broken(chunk, "a source has one that the chunk does not name before it");
    }
    ACTZ_CHECK(check_source(chunk, names, found->second->chunk));
    sources.push_back(found->second);
  }
  chunk.stored = std::make_shared<const StoredParts>(stored_parts(chunk.model->dictionary.get(), sources));
  return check_work(chunk, names);
}

Status SourceChunks::check_work(const LoadedChunk& chunk, const std::vector<ChunkName>& names) const {
  std::uint64_t rows = 0;
  for (const ChunkName& name : names) rows += open_.at(name)->row_count();
  if (may_name(rows, chunk.end_row() - chunk.first_row())) return {};
  return broken(chunk, "a chunk names too many rows of others");  // R-SRCE-06
}

}  // namespace actz
