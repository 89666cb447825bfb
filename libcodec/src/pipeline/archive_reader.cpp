#include <algorithm>

#include "actz/archive.hpp"
#include "base/byte_writer.hpp"
#include "base/checksum.hpp"
#include "base/try.hpp"
#include "pipeline/loaded_chunk.hpp"
#include "pipeline/open_archive.hpp"
#include "pipeline/ordered_tasks.hpp"

namespace actz {

struct ArchiveReader::State {
  OpenArchive file;
};

namespace {

/// A decoded chunk and the rows of it that were asked for.
struct RowPiece {
  std::vector<std::byte> elements;
  std::size_t first_byte = 0;
  std::size_t end_byte = 0;
  std::uint64_t digest = 0;  ///< of the whole chunk
};

Result<LoadedChunk> load_chunk(OpenArchive& file, std::size_t tensor_index, std::size_t chunk_index);

/// The chunks of a tensor that hold rows [first_row, end_row).
Result<SharedChunks> load_rows(OpenArchive& file, std::size_t tensor_index, std::uint64_t first_row,
                               std::uint64_t end_row) {
  const OpenArchive::OpenTensor& tensor = file.tensors[tensor_index];
  SharedChunks out;
  for (std::size_t i = 0; i < tensor.chunks.size(); ++i) {
    const IndexEntry& entry = tensor.chunks[i];
    if (tensor.header.first_row_of_strand(entry.first_strand + entry.strand_count) <= first_row) continue;
    if (tensor.header.first_row_of_strand(entry.first_strand) >= end_row) break;
    ACTZ_TRY(auto chunk, load_chunk(file, tensor_index, i));
    out.push_back(std::make_shared<const LoadedChunk>(std::move(chunk)));
  }
  return out;
}

/// Reads one chunk named by the index, and those of its reference, ready to be decoded elsewhere.
Result<LoadedChunk> load_chunk(OpenArchive& file, std::size_t tensor_index, std::size_t chunk_index) {
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
  return out;
}

/// A chunk as a task that gives the rows that were asked for.
std::function<Result<RowPiece>()> decode_task(LoadedChunk loaded, std::uint64_t first_row, std::uint64_t end_row) {
  const std::size_t row_bytes = loaded.tensor->channels * element_bytes(loaded.tensor->dtype);
  const auto first_byte =
      static_cast<std::size_t>(std::max(first_row, loaded.first_row()) - loaded.first_row()) * row_bytes;
  const auto end_byte = static_cast<std::size_t>(std::min(end_row, loaded.end_row()) - loaded.first_row()) * row_bytes;
  return [=, chunk = std::move(loaded)]() -> Result<RowPiece> {
    ACTZ_TRY(auto elements, decode_loaded(chunk));
    return RowPiece{std::move(elements), first_byte, end_byte, chunk.header.digest};
  };
}

}  // namespace

ArchiveReader::ArchiveReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
ArchiveReader::~ArchiveReader() = default;
ArchiveReader::ArchiveReader(ArchiveReader&&) noexcept = default;
ArchiveReader& ArchiveReader::operator=(ArchiveReader&&) noexcept = default;

Result<ArchiveReader> ArchiveReader::open(const ByteSource& source, const DecodeOptions& options) {
  ACTZ_TRY(auto file, open_archive(source, options));
  return ArchiveReader(std::make_unique<State>(State{std::move(file)}));
}

const ArchiveSummary& ArchiveReader::summary() const { return state_->file.summary; }

Status ArchiveReader::read_rows(std::size_t tensor, std::uint64_t first_row, std::uint64_t end_row,
                                const ElementVisitor& visit) const {
  OpenArchive& file = state_->file;
  if (tensor >= file.tensors.size() || first_row > end_row || end_row > file.tensors[tensor].header.row_count()) {
    return Error{ErrorCode::bad_argument, Error::kNoOffset, "no such tensor or rows"};
  }
  const TensorHeader& header = file.tensors[tensor].header;
  std::uint64_t done_elems = 0;
  ByteWriter digests;
  OrderedTasks<RowPiece> tasks(file.options.threads, [&](RowPiece&& piece) -> Status {
    digests.u64(piece.digest);
    const auto elements =
        std::span<const std::byte>(piece.elements).subspan(piece.first_byte, piece.end_byte - piece.first_byte);
    done_elems += elements.size() / element_bytes(header.dtype);
    if (file.options.progress != nullptr) {
      file.options.progress(file.options.progress_context, done_elems, (end_row - first_row) * header.channels);
    }
    return visit(elements);
  });
  const std::vector<IndexEntry>& chunks = file.tensors[tensor].chunks;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const IndexEntry& entry = chunks[i];
    const std::uint64_t chunk_first = header.first_row_of_strand(entry.first_strand);
    const std::uint64_t chunk_end = header.first_row_of_strand(entry.first_strand + entry.strand_count);
    if (chunk_end <= first_row || chunk_first >= end_row) continue;
    ACTZ_TRY(auto loaded, load_chunk(file, tensor, i));
    ACTZ_CHECK(tasks.add(decode_task(std::move(loaded), first_row, end_row)));
  }
  ACTZ_CHECK(tasks.finish());
  const bool whole = first_row == 0 && end_row == header.row_count();
  if (whole && xxh64(digests.data()) != file.tensors[tensor].digest) {  // R-ARCH-06
    return Error{ErrorCode::corrupt_checksum, Error::kNoOffset, "the tensor does not match its digest"};
  }
  return {};
}

}  // namespace actz
