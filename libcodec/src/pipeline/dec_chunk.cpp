#include "pipeline/dec_chunk.hpp"

#include <algorithm>
#include <new>

#include "base/byte_reader.hpp"
#include "base/checksum.hpp"
#include "base/try.hpp"
#include "container/patches.hpp"
#include "pipeline/dec_refinement.hpp"
#include "tensor/float_convert.hpp"

namespace actz {
namespace {

Result<ChunkParts> split_payload(std::span<const std::byte> payload, std::uint64_t file_offset_bytes,
                                 const ChunkHeader& header) {
  ByteReader in(payload, file_offset_bytes);
  ChunkParts parts;
  parts.file_offset_bytes = file_offset_bytes;
  ACTZ_TRY([[maybe_unused]] const auto before, in.bytes(header.bytes(), "chunk header and sources"));
  for (unsigned lane = 0; lane < 1u << header.lanes_log2; ++lane) {
    ACTZ_TRY(const auto state, in.u32("coder state"));
    if (state < kRansLowerBound) return in.error_here(ErrorCode::corrupt, "a coder state is below 65536");  // R-RANS-01
    parts.states.push_back(state);
  }
  ACTZ_TRY(parts.words, in.bytes(std::uint64_t{header.word_count} * 2, "words"));
  ACTZ_TRY(parts.bypass, in.bytes(header.bypass_bytes, "bypass"));
  ACTZ_TRY(parts.patches, in.bytes(header.patch_bytes, "patches"));
  if (in.remaining_bytes() != 0) return in.error_here(ErrorCode::corrupt, "bytes follow the chunk");  // R-CHNK-10
  return parts;
}

Status check_model(const TensorHeader& tensor, const PreparedModel& model, std::uint64_t file_offset_bytes) {
  if (model.model.channels != tensor.channels) {  // R-CHNK-11
    return Error{ErrorCode::corrupt, file_offset_bytes, "the chunk's model has another number of channels"};
  }
  if (model.model.kind == CodecKind::lossy && !is_float(tensor.dtype)) {  // R-CHNK-12
    return Error{ErrorCode::corrupt, file_offset_bytes, "a lossy model on an integer tensor"};
  }
  if (model.model.kind == CodecKind::lossless &&
      model.model.bins.element_bits != 8 * element_bytes(tensor.dtype)) {  // R-CHNK-13
    return Error{ErrorCode::corrupt, file_offset_bytes, "the chunk's model has another element width"};
  }
  return {};
}

/// What is in memory for a step at once is bounded.
Status check_steps(const TensorHeader& tensor, const ChunkHeader& chunk, const CodecModel& model,
                   std::uint64_t file_offset_bytes) {
  const bool in_lockstep = model.kind == CodecKind::lossy && model.in_lockstep();
  const std::uint64_t next = chunk.first_strand + (chunk.strand_count > 1 ? 1 : 0);  // of two one is no short last one
  const std::uint64_t most_rows =
      in_lockstep ? chunk.strand_count
                  : std::max(tensor.rows_of_strand(chunk.first_strand), tensor.rows_of_strand(next));
  if (most_rows * tensor.channels > kMaxStepValues) {  // R-CHNK-21
    return Error{ErrorCode::corrupt, file_offset_bytes, "a step of a chunk has more than 4194304 values"};
  }
  return {};
}

Status check_reference(const PreparedModel& model, const ReferenceRows* reference, std::uint64_t file_offset_bytes) {
  const std::uint32_t wanted = model.model.reference.channels;
  if (wanted > 0 && (reference == nullptr || reference->channels != wanted)) {  // R-CHNK-18
    return Error{ErrorCode::corrupt, file_offset_bytes,
                 "the chunk's model predicts from another tensor than its tensor names"};
  }
  return {};
}

Status decode_into(std::span<const std::byte> payload, std::uint64_t file_offset_bytes, const ChunkHeader& header,
                   const TensorHeader& tensor, const PreparedModel* model, const ReferenceRows* reference,
                   const StoredParts* stored, std::vector<std::byte>& to) {
  const auto decoded_bytes =
      static_cast<std::size_t>(chunk_decoded_bytes(tensor, header.first_strand, header.strand_count));
  if (header.coding == ChunkCoding::raw) {
    if (payload.size() != ChunkHeader::kBytes + decoded_bytes || header.word_count != 0 || header.bypass_bytes != 0 ||
        header.patch_bytes != 0) {  // R-CHNK-14
      return Error{ErrorCode::corrupt_bounds, file_offset_bytes, "a raw chunk has the wrong length"};
    }
    to.assign(payload.begin() + ChunkHeader::kBytes, payload.end());
    return {};
  }
  if (model == nullptr) return Error{ErrorCode::corrupt, file_offset_bytes, "the chunk names no model of the file"};
  ACTZ_CHECK(check_model(tensor, *model, file_offset_bytes));
  ACTZ_CHECK(check_steps(tensor, header, model->model, file_offset_bytes));
  ACTZ_CHECK(check_reference(*model, reference, file_offset_bytes));
  ACTZ_TRY(const auto parts, split_payload(payload, file_offset_bytes, header));
  const ChunkLayout layout = chunk_layout(tensor, header.first_strand, header.strand_count);
  if (model->model.kind == CodecKind::lossless) {
    if (!parts.patches.empty() || header.coding == ChunkCoding::refined) {  // R-CHNK-15
      return Error{ErrorCode::corrupt, file_offset_bytes, "patches in a lossless chunk"};
    }
    to.resize(decoded_bytes);
    return decode_lossless_rows(parts, tensor, layout, *model, to);
  }
  std::shared_ptr<const FixedStoredRows> fixed;
  if (stored != nullptr) {
    ACTZ_TRY(fixed, stored->rows_for(tensor, model->model));
  }
  to.resize(decoded_bytes);
  ACTZ_CHECK(decode_lossy_rows(parts, tensor, layout, *model, reference, fixed.get(), to));
  const std::size_t width = element_bytes(tensor.dtype);
  if (header.coding == ChunkCoding::refined) return refine(parts.patches, width, to, file_offset_bytes);
  ACTZ_TRY(const auto patches, read_patches(parts.patches, layout.element_count, width, file_offset_bytes));
  for (std::size_t i = 0; i < patches.element.size(); ++i) {
    std::copy_n(&patches.values[i * width], width, &to[static_cast<std::size_t>(patches.element[i]) * width]);
  }
  return {};
}

}  // namespace

RowBlock<std::int16_t> reference_inputs(const ReferencePredictor& predictor, const ReferenceRows& rows, float scale) {
  std::vector<float> values(rows.elements.size() / element_bytes(rows.dtype));
  floats_to_f32(rows.dtype, rows.elements, values);
  return predictor.inputs(values, scale);
}

Status check_chunk_range(const ChunkHeader& chunk, const TensorHeader& tensor, const DecodeLimits& limits,
                         std::uint64_t file_offset_bytes) {
  const std::uint64_t strands = tensor.strand_count();
  if (chunk.strand_count == 0 || chunk.strand_count > kMaxChunkStrands || chunk.first_strand > strands ||
      chunk.strand_count > strands - chunk.first_strand) {
    return Error{ErrorCode::corrupt_bounds, file_offset_bytes, "a chunk leaves its tensor"};  // R-CHNK-03
  }
  if (chunk_decoded_bytes(tensor, chunk.first_strand, chunk.strand_count) > limits.max_chunk_bytes) {
    return Error{ErrorCode::limit_exceeded, file_offset_bytes,
                 "a chunk is larger than the reader's limit"};  // R-LIMIT-02
  }
  return {};
}

Result<std::vector<std::byte>> decode_chunk(std::span<const std::byte> payload, std::uint64_t file_offset_bytes,
                                            const ChunkHeader& header, const TensorHeader& tensor,
                                            const PreparedModel* model, const ReferenceRows* reference,
                                            const StoredParts* stored) try {
  std::vector<std::byte> out;
  ACTZ_CHECK(decode_into(payload, file_offset_bytes, header, tensor, model, reference, stored, out));
  if (xxh64(out) != header.digest) {  // R-CHNK-16
    return Error{ErrorCode::corrupt_checksum, file_offset_bytes, "the decoded chunk does not match its digest"};
  }
  return out;
} catch (const std::bad_alloc&) {
  return Error{ErrorCode::out_of_memory, file_offset_bytes, "not enough memory for a chunk"};
}

}  // namespace actz
