#include "pipeline/dec_dictionary.hpp"

#include "base/byte_reader.hpp"
#include "base/bytes.hpp"
#include "base/try.hpp"
#include "pipeline/dec_chunk.hpp"
#include "pipeline/row_output.hpp"

namespace actz {
namespace {

Error broken(std::uint64_t offset, const char* message) { return {ErrorCode::corrupt, offset, message}; }

/// The next part of the payload, which its length comes before.
Result<std::span<const std::byte>> part(ByteReader& in, const char* what) {
  ACTZ_TRY(const auto bytes, in.u32(what));
  return in.bytes(bytes, what);
}

Status check_tensor(const TensorHeader& tensor, std::uint64_t offset) {
  if (tensor.dtype != DType::f32 || tensor.reference != kNoReference || tensor.is_referenced ||
      tensor.row_count() == 0) {  // R-DICT-01
    return broken(offset, "the tensor of a dictionary is not one of f32 with rows and without a reference");
  }
  return {};
}

Status check_model(const CodecModel& model, std::uint64_t offset) {
  if (model.kind != CodecKind::lossy || model.reference.channels > 0 || model.match.dictionary) {  // R-DICT-02
    return broken(offset, "the model of a dictionary is lossless, or needs a reference or another dictionary");
  }
  return {};
}

Status check_chunk(const ChunkHeader& chunk, const TensorHeader& tensor, std::uint64_t offset) {
  if (chunk.tensor_index != 0 || chunk.chunk_index != 0 || chunk.model_index != 0 || chunk.first_strand != 0 ||
      chunk.strand_count != tensor.strand_count() || chunk.source_count != 0) {  // R-DICT-03
    return broken(offset, "the chunk of a dictionary does not hold its whole tensor, or names others");
  }
  return {};
}

}  // namespace

Result<StoredRows> read_dictionary(std::span<const std::byte> payload, std::uint64_t file_offset_bytes,
                                   const DecodeLimits& limits) {
  ByteReader in(payload, file_offset_bytes);
  ACTZ_TRY(const auto tensor_bytes, part(in, "tensor of the dictionary"));
  ACTZ_TRY(const auto tensor, read_tensor_header(tensor_bytes, file_offset_bytes, limits));
  ACTZ_CHECK(check_tensor(tensor, file_offset_bytes));
  ACTZ_TRY(const auto model_bytes, part(in, "model of the dictionary"));
  ACTZ_TRY(auto parsed, read_model(model_bytes, file_offset_bytes));
  ACTZ_CHECK(check_model(parsed, file_offset_bytes));
  const PreparedModel model(std::move(parsed));
  const auto chunk_bytes = payload.last(in.remaining_bytes());
  ACTZ_TRY(const auto chunk, read_chunk_header(chunk_bytes, file_offset_bytes));
  ACTZ_CHECK(check_chunk_range(chunk, tensor, limits, file_offset_bytes));
  ACTZ_CHECK(check_chunk(chunk, tensor, file_offset_bytes));
  std::vector<std::byte> elements;
  ACTZ_CHECK(
      decode_chunk(chunk_bytes, file_offset_bytes, chunk, tensor, &model, nullptr, nullptr, ChunkOutput(elements)));
  StoredRows out;
  out.channels = tensor.channels;
  out.values.resize(elements.size() / sizeof(float));
  for (std::size_t i = 0; i < out.values.size(); ++i) {
    out.values[i] = std::bit_cast<float>(load_le<std::uint32_t>(&elements[i * sizeof(float)]));
  }
  out.position = positions_in_strands(chunk_layout(tensor, 0, chunk.strand_count));
  return out;
}

std::shared_ptr<const LoadedDictionary> load_dictionary(const StoredDictionary& stored) {
  const std::lock_guard lock(stored.cache->mutex);
  if (stored.cache->loaded == nullptr)
    stored.cache->loaded = std::make_shared<const LoadedDictionary>(stored.bytes, Error::kNoOffset, DecodeLimits{});
  return stored.cache->loaded;
}

LoadedDictionary::LoadedDictionary(std::vector<std::byte> payload, std::uint64_t file_offset_bytes,
                                   const DecodeLimits& limits)
    : payload_(std::make_shared<const std::vector<std::byte>>(std::move(payload))),
      digest_(sha256(*payload_)),
      part_(std::make_shared<const StoredPart>([bytes = payload_, file_offset_bytes, limits] {
        return read_dictionary(*bytes, file_offset_bytes, limits);
      })) {}

}  // namespace actz
