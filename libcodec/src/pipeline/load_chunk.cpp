#include "pipeline/load_chunk.hpp"

#include <array>

#include "base/try.hpp"
#include "pipeline/dec_chunk.hpp"

namespace actz {
namespace {

Result<LoadedChunk> load_alone(OpenArchive& file, std::size_t tensor_index, std::size_t chunk_index);

/// The chunks of a tensor that hold rows [first_row, end_row).
Result<SharedChunks> load_rows(OpenArchive& file, std::size_t tensor_index, std::uint64_t first_row,
                               std::uint64_t end_row) {
  const OpenArchive::OpenTensor& tensor = file.tensors[tensor_index];
  SharedChunks out;
  for (std::size_t i = 0; i < tensor.chunks.size(); ++i) {
    const IndexEntry& entry = tensor.chunks[i];
    if (tensor.header.first_row_of_strand(entry.first_strand + entry.strand_count) <= first_row) continue;
    if (tensor.header.first_row_of_strand(entry.first_strand) >= end_row) break;
    ACTZ_TRY(auto chunk, load_alone(file, tensor_index, i));
    out.push_back(std::make_shared<const LoadedChunk>(std::move(chunk)));
  }
  return out;
}

/// A chunk without its sources.
Result<LoadedChunk> load_alone(OpenArchive& file, std::size_t tensor_index, std::size_t chunk_index) {
  const TensorHeader& tensor = file.tensors[tensor_index].header;
  const IndexEntry& entry = file.tensors[tensor_index].chunks[chunk_index];
  ACTZ_TRY(auto section, read_section(*file.source, entry.offset_bytes, entry.section_bytes, file.options.limits));
  LoadedChunk out;
  out.file_offset_bytes = section.content_offset_bytes;
  ACTZ_TRY(out.header, read_chunk_header(section.payload, section.content_offset_bytes));
  if (section.header.type != static_cast<std::uint16_t>(SectionType::chunk) ||
      out.header.tensor_index != tensor_index || out.header.chunk_index != chunk_index ||
      out.header.first_strand != entry.first_strand ||
      out.header.strand_count != entry.strand_count) {  // R-INDX-05, R-ARCH-04
    return Error{ErrorCode::corrupt, entry.offset_bytes, "a chunk is not the one the index says"};
  }
  ACTZ_CHECK(check_chunk_range(out.header, tensor, file.options.limits, section.content_offset_bytes));
  out.payload = std::make_shared<const std::vector<std::byte>>(std::move(section.payload));
  out.tensor = std::make_shared<const TensorHeader>(tensor);
  if (out.header.coding != ChunkCoding::raw) {
    ACTZ_TRY(out.model, file.models.prepare(out.header.model_index, section.content_offset_bytes));
    if (out.model->model.reference.channels > 0 && tensor.reference != kNoReference) {
      ACTZ_TRY(out.reference, load_rows(file, tensor.reference, out.first_row(), out.end_row()));
      ACTZ_CHECK(check_reference_work(out));
    }
  }
  ACTZ_CHECK(check_may_have_sources(out));
  return out;
}

/// A chunk that another one names as a source.
Result<LoadedChunk> find_source(OpenArchive& file, const ChunkName& before, const ChunkName& name) {
  if (name >= before || name.tensor_index >= file.tensors.size() ||
      name.chunk_index >= file.tensors[name.tensor_index].chunks.size()) {  // R-SRCE-03
    return Error{ErrorCode::corrupt, Error::kNoOffset, "a chunk names a source that does not stand before it"};
  }
  return load_alone(file, name.tensor_index, name.chunk_index);
}

}  // namespace

Result<LoadedChunk> load_chunk(OpenArchive& file, SourceChunks& sources, std::size_t tensor_index,
                               std::size_t chunk_index) {
  ACTZ_TRY(auto out, load_alone(file, tensor_index, chunk_index));
  const ChunkName own = out.name();
  ACTZ_CHECK(sources.resolve(out, [&](const ChunkName& name) { return find_source(file, own, name); }));
  return out;
}

}  // namespace actz
