#include "pipeline/loaded_chunk.hpp"

#include <algorithm>
#include <optional>

#include "base/try.hpp"
#include "generated/format_limits.hpp"

namespace actz {

Result<ReferenceRows> decode_rows(const SharedChunks& chunks, std::uint64_t first_row, std::uint64_t end_row) {
  ReferenceRows out;
  for (const auto& shared : chunks) {
    const LoadedChunk& chunk = *shared;
    ACTZ_TRY(const auto elements, decode_loaded(chunk));
    out.dtype = chunk.tensor->dtype;
    out.channels = chunk.tensor->channels;
    const std::uint64_t row_bytes = std::uint64_t{out.channels} * element_bytes(out.dtype);
    const std::uint64_t from = std::max(first_row, chunk.first_row());
    const std::uint64_t to = std::min(end_row, chunk.end_row());
    const auto begin = elements.begin() + static_cast<std::ptrdiff_t>((from - chunk.first_row()) * row_bytes);
    out.elements.insert(out.elements.end(), begin, begin + static_cast<std::ptrdiff_t>((to - from) * row_bytes));
  }
  return out;
}

Status decode_loaded(const LoadedChunk& chunk, ChunkOutput to) {
  const StoredParts* const stored = chunk.stored != nullptr  ? chunk.stored.get()
                                    : chunk.model != nullptr ? chunk.model->stored.get()
                                                             : nullptr;
  std::optional<ReferenceRows> reference;
  if (chunk.model != nullptr && chunk.model->model.reference.channels > 0) {
    ACTZ_TRY(reference, decode_rows(chunk.reference, chunk.first_row(), chunk.end_row()));
  }
  return decode_chunk(*chunk.payload, chunk.file_offset_bytes, chunk.header, *chunk.tensor, chunk.model.get(),
                      reference ? &*reference : nullptr, stored, to);
}

Result<std::vector<std::byte>> decode_loaded(const LoadedChunk& chunk) {
  std::vector<std::byte> out;
  ACTZ_CHECK(decode_loaded(chunk, ChunkOutput(out)));
  return out;
}

Status check_reference_tensor(const TensorHeader& tensor, const TensorHeader& reference, unsigned depth_of_reference,
                              std::uint64_t file_offset_bytes) {
  if (!reference.is_referenced || !is_float(reference.dtype) ||
      reference.row_count() != tensor.row_count()) {  // R-ARCH-31
    return Error{ErrorCode::corrupt, file_offset_bytes, "a tensor refers to one that does not go with it"};
  }
  if (depth_of_reference + 1 > kMaxReferenceDepth) {  // R-ARCH-32
    return Error{ErrorCode::corrupt, file_offset_bytes, "references form too long a chain"};
  }
  return {};
}

bool is_in_proportion(std::uint64_t reference_rows, std::uint64_t rows) {
  return reference_rows <= kMaxReferenceRowsFactor * rows + kMaxReferenceRowsBase;
}

Status check_reference_work(const LoadedChunk& chunk) {
  std::uint64_t rows = 0;
  for (const auto& reference : chunk.reference) rows += reference->end_row() - reference->first_row();
  if (!is_in_proportion(rows, chunk.end_row() - chunk.first_row())) {  // R-CHNK-19
    return Error{ErrorCode::corrupt, chunk.file_offset_bytes, "a chunk needs too many rows of its reference"};
  }
  return {};
}

}  // namespace actz
