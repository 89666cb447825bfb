#include "actz/recover.hpp"

#include <algorithm>

#include "base/try.hpp"
#include "recover/recovered_file.hpp"

namespace actz {
namespace {

/// A newer version, or another kind of file, is no damage.
Status check_kind(const ByteSource& source) {
  std::vector<std::byte> bytes(
      static_cast<std::size_t>(std::min<std::uint64_t>(source.size_bytes(), kFileHeaderBytes)));
  ACTZ_CHECK(source.read_at(0, bytes));
  const auto header = read_file_header(bytes);
  if (!header && header.error().code == ErrorCode::unsupported) return header.error();
  if (header && header->kind != FileKind::data) {
    return Error{ErrorCode::bad_argument, Error::kNoOffset, "this is a profile, not a data file"};  // R-CONT-07
  }
  return {};
}

Result<GoodChunk> examine(DamagedArchive& archive, const ChunkName& name) {
  ACTZ_TRY([[maybe_unused]] const auto elements, archive.decode(name));
  ACTZ_TRY(const auto chunk, archive.load(name));
  GoodChunk out{name, chunk.header, {chunk.first_row(), chunk.end_row()}, {}, {}};
  ACTZ_TRY(out.sources, read_chunk_names(*chunk.payload, chunk.header, chunk.file_offset_bytes));
  if (chunk.model != nullptr) out.dictionary = chunk.model->model.match.dictionary;
  return out;
}

/// Those of a tensor's chunks that decode.
/// Errors: those that are no fault of the file, or a profile is missing.
Result<std::vector<GoodChunk>> good_chunks(DamagedArchive& archive, std::uint32_t number, RecoverReport& report) {
  std::vector<GoodChunk> out;
  for (const auto& [index, section] : archive.tensors().at(number).chunks) {
    auto chunk = examine(archive, {number, index});
    if (chunk && (out.empty() || out.back().rows.end <= chunk->rows.first)) {
      out.push_back(std::move(*chunk));
      continue;
    }
    if (!chunk && family(chunk.error().code) != ErrorCode::corrupt) return chunk.error();
    ++report.lost_chunks;
    if (report.loss.empty()) report.loss = chunk ? "chunks overlap" : chunk.error().message;
  }
  report.chunks += out.size();
  return out;
}

}  // namespace

std::uint64_t RecoveredTensor::recovered_rows() const {
  std::uint64_t out = 0;
  for (const RecoveredPiece& piece : pieces) out += piece.rows.end - piece.rows.first;
  return out;
}

bool RecoverReport::is_complete() const {
  return damaged_bytes == 0 && lost_chunks == 0 && end_found &&
         std::all_of(tensors.begin(), tensors.end(),
                     [](const RecoveredTensor& tensor) { return tensor.recovered_rows() == tensor.rows; });
}

Result<RecoverReport> recover(const ByteSource& damaged, ByteSink& to, const DecodeOptions& options) {
  ACTZ_CHECK(check_kind(damaged));
  ACTZ_TRY(auto archive, DamagedArchive::open(damaged, options));
  RecoverReport report;
  report.damaged_bytes = archive.damaged_bytes();
  report.end_found = archive.end_found();
  report.lost_chunks = archive.chunks_without_tensor();
  if (report.lost_chunks > 0) report.loss = "the header of a tensor is lost";
  RecoveredFile file(archive, to);
  ACTZ_CHECK(file.add_metadata());
  for (const auto& [number, tensor] : archive.tensors()) {
    report.tensors.push_back({tensor.header->name, tensor.header->row_count(), {}});
    ACTZ_TRY(const auto chunks, good_chunks(archive, number, report));
    ACTZ_CHECK(file.add_tensor(number, chunks, report.tensors.back()));
  }
  const bool nothing = std::all_of(report.tensors.begin(), report.tensors.end(),
                                   [](const RecoveredTensor& tensor) { return tensor.pieces.empty(); });
  if (nothing && !archive.metadata() && !report.is_complete()) {
    return Error{ErrorCode::corrupt, Error::kNoOffset,
                 "nothing of the file is left" + (report.loss.empty() ? "" : ": " + report.loss)};
  }
  ACTZ_CHECK(file.finish());
  return report;
}

}  // namespace actz
