#include <algorithm>
#include <cstddef>
#include <cstdint>

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

/// A chunk and the rows of it that are wanted.
struct ChunkRows {
  LoadedChunk chunk;
  std::size_t first_byte = 0;
  std::size_t end_byte = 0;
  std::size_t chunk_bytes = 0;  ///< all decoded ones

  ChunkRows(LoadedChunk loaded, std::uint64_t first_row, std::uint64_t end_row) : chunk(std::move(loaded)) {
    const std::size_t row_bytes = chunk.tensor->channels * element_bytes(chunk.tensor->dtype);
    const std::uint64_t begin = chunk.first_row();
    first_byte = static_cast<std::size_t>(std::max(first_row, begin) - begin) * row_bytes;
    end_byte = static_cast<std::size_t>(std::min(end_row, chunk.end_row()) - begin) * row_bytes;
    chunk_bytes = static_cast<std::size_t>(chunk.end_row() - begin) * row_bytes;
  }
  std::size_t wanted_bytes() const { return end_byte - first_byte; }

  Result<std::vector<std::byte>> decode() const {
    ACTZ_TRY(auto elements, decode_loaded(chunk));
    elements.resize(end_byte);
    elements.erase(elements.begin(), elements.begin() + static_cast<std::ptrdiff_t>(first_byte));
    return elements;
  }

  /// Into `to`, straight if they are all rows of the chunk.
  Status decode(std::span<std::byte> to) const {
    const bool is_aligned = reinterpret_cast<std::uintptr_t>(to.data()) % alignof(std::max_align_t) == 0;
    if (wanted_bytes() == chunk_bytes && is_aligned) return decode_loaded(chunk, ChunkOutput(to));
    ACTZ_TRY(const auto elements, decode());
    std::copy(elements.begin(), elements.end(), to.begin());
    return {};
  }
};

/// Rows of a tensor that are being read: which chunks they lie in, how far they are, and whether they are right.
class WantedRows {
 public:
  WantedRows(OpenArchive& file, std::size_t tensor, std::uint64_t first_row, std::uint64_t end_row)
      : file_(file), tensor_(tensor), first_row_(first_row), end_row_(end_row) {}

  Status check() const {
    if (tensor_ >= file_.tensors.size() || first_row_ > end_row_ || end_row_ > header().row_count())
      return Error{ErrorCode::bad_argument, Error::kNoOffset, "no such tensor or rows"};
    return check_provenance(file_.summary.metadata, header().name, file_.options.required);
  }

  std::uint64_t element_count() const { return (end_row_ - first_row_) * header().channels; }
  std::size_t element_size() const { return element_bytes(header().dtype); }

  /// Loads the chunks, one after the other. @param take  gives a Status for each ChunkRows.
  template <class Take>
  Status for_each_chunk(const Take& take) const {
    const std::vector<IndexEntry>& chunks = file_.tensors[tensor_].chunks;
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      const IndexEntry& entry = chunks[i];
      if (header().first_row_of_strand(entry.first_strand + entry.strand_count) <= first_row_) continue;
      if (header().first_row_of_strand(entry.first_strand) >= end_row_) break;
      ACTZ_TRY(auto loaded, load_chunk(file_, file_.sources, tensor_, i));
      ACTZ_CHECK(take(ChunkRows(std::move(loaded), first_row_, end_row_)));
    }
    return {};
  }

  /// The next chunk is decoded. @param digest  of all of it.
  void chunk_done(std::uint64_t digest, std::size_t wanted_bytes) {
    digests_.u64(digest);
    done_elems_ += wanted_bytes / element_size();
    if (file_.options.progress != nullptr)
      file_.options.progress(file_.options.progress_context, done_elems_, element_count());
  }

  /// Once all chunks are.
  Status check_digest() const {
    const bool is_whole = first_row_ == 0 && end_row_ == header().row_count();
    if (!is_whole || xxh64(digests_.data()) == file_.tensors[tensor_].digest) return {};  // R-ARCH-06
    return Error{ErrorCode::corrupt_checksum, Error::kNoOffset, "the tensor does not match its digest"};
  }

 private:
  const TensorHeader& header() const { return file_.tensors[tensor_].header; }

  OpenArchive& file_;
  std::size_t tensor_;
  std::uint64_t first_row_;
  std::uint64_t end_row_;
  std::uint64_t done_elems_ = 0;
  ByteWriter digests_;
};

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
  struct Piece {
    std::vector<std::byte> elements;
    std::uint64_t digest = 0;
  };
  WantedRows range(state_->file, tensor, first_row, end_row);
  ACTZ_CHECK(range.check());
  const auto hand_on = [&](Piece&& piece) -> Status {
    range.chunk_done(piece.digest, piece.elements.size());
    return visit(piece.elements);
  };
  const DecodeOptions& options = state_->file.options;
  OrderedTasks<Piece> tasks(options.threads, hand_on, options.limits.max_chunk_bytes);
  const auto decode = [&](ChunkRows wanted) {
    const std::uint64_t cost = wanted.chunk_bytes;
    const auto task = [rows = std::move(wanted)]() -> Result<Piece> {
      ACTZ_TRY(auto elements, rows.decode());
      return Piece{std::move(elements), rows.chunk.header.digest};
    };
    return tasks.add(task, cost);
  };
  ACTZ_CHECK(range.for_each_chunk(decode));
  ACTZ_CHECK(tasks.finish());
  return range.check_digest();
}

Status ArchiveReader::read_rows_into(std::size_t tensor, std::uint64_t first_row, std::uint64_t end_row,
                                     std::span<std::byte> to) const {
  struct Done {
    std::uint64_t digest = 0;
    std::size_t bytes = 0;
  };
  WantedRows range(state_->file, tensor, first_row, end_row);
  ACTZ_CHECK(range.check());
  if (to.size() != range.element_count() * range.element_size())
    return Error{ErrorCode::bad_argument, Error::kNoOffset, "the memory is not as long as the rows"};
  std::size_t filled = 0;
  const auto count = [&](Done&& done) -> Status {
    range.chunk_done(done.digest, done.bytes);
    return {};
  };
  const DecodeOptions& options = state_->file.options;
  OrderedTasks<Done> tasks(options.threads, count, options.limits.max_chunk_bytes);
  const auto decode = [&](ChunkRows wanted) {
    const auto place = to.subspan(filled, wanted.wanted_bytes());
    filled += place.size();
    const std::uint64_t cost = wanted.chunk_bytes;
    const auto task = [rows = std::move(wanted), place]() -> Result<Done> {
      ACTZ_CHECK(rows.decode(place));
      return Done{rows.chunk.header.digest, place.size()};
    };
    return tasks.add(task, cost);
  };
  ACTZ_CHECK(range.for_each_chunk(decode));
  ACTZ_CHECK(tasks.finish());
  return range.check_digest();
}

}  // namespace actz
