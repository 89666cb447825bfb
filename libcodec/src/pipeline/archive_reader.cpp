#include <algorithm>

#include "actz/archive.hpp"
#include "base/byte_writer.hpp"
#include "base/checksum.hpp"
#include "base/try.hpp"
#include "pipeline/load_chunk.hpp"
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
  ACTZ_CHECK(check_provenance(file.summary.metadata, header.name, file.options.required));
  std::uint64_t done_elems = 0;
  ByteWriter digests;
  OrderedTasks<RowPiece> tasks(
      file.options.threads,
      [&](RowPiece&& piece) -> Status {
        digests.u64(piece.digest);
        const auto elements =
            std::span<const std::byte>(piece.elements).subspan(piece.first_byte, piece.end_byte - piece.first_byte);
        done_elems += elements.size() / element_bytes(header.dtype);
        if (file.options.progress != nullptr) {
          file.options.progress(file.options.progress_context, done_elems, (end_row - first_row) * header.channels);
        }
        return visit(elements);
      },
      file.options.limits.max_chunk_bytes);
  const std::vector<IndexEntry>& chunks = file.tensors[tensor].chunks;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const IndexEntry& entry = chunks[i];
    const std::uint64_t chunk_first = header.first_row_of_strand(entry.first_strand);
    const std::uint64_t chunk_end = header.first_row_of_strand(entry.first_strand + entry.strand_count);
    if (chunk_end <= first_row || chunk_first >= end_row) continue;
    ACTZ_TRY(auto loaded, load_chunk(file, file.sources, tensor, i));
    const std::uint64_t decoded_bytes = (chunk_end - chunk_first) * header.channels * element_bytes(header.dtype);
    ACTZ_CHECK(tasks.add(decode_task(std::move(loaded), first_row, end_row), decoded_bytes));
  }
  ACTZ_CHECK(tasks.finish());
  const bool whole = first_row == 0 && end_row == header.row_count();
  if (whole && xxh64(digests.data()) != file.tensors[tensor].digest) {  // R-ARCH-06
    return Error{ErrorCode::corrupt_checksum, Error::kNoOffset, "the tensor does not match its digest"};
  }
  return {};
}

}  // namespace actz
