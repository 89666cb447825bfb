#include <bit>

#include "base/byte_reader.hpp"
#include "base/byte_writer.hpp"
#include "base/try.hpp"
#include "container/fields.hpp"

namespace actz {

void write_chunk_header(const ChunkHeader& header, std::vector<std::byte>& to) {
  ByteWriter out;
  out.u32(header.tensor_index);
  out.u32(header.chunk_index);
  out.u64(header.first_strand);
  out.u32(header.strand_count);
  out.u16(header.model_index);
  out.u8(static_cast<std::uint8_t>(header.coding));
  out.u8(header.lanes_log2);
  out.u64(header.digest);
  out.u32(header.word_count);
  out.u32(header.bypass_bytes);
  out.u32(header.patch_bytes);
  out.u8(header.source_count);
  out.u8(header.is_source ? 1 : 0);
  out.u16(0);
  to.insert(to.end(), out.data().begin(), out.data().end());
}

Result<ChunkHeader> read_chunk_header(std::span<const std::byte> payload, std::uint64_t file_offset_bytes) {
  ByteReader in(payload, file_offset_bytes);
  ChunkHeader header;
  ACTZ_TRY(header.tensor_index, in.u32("tensor_index"));
  ACTZ_TRY(header.chunk_index, in.u32("chunk_index"));
  ACTZ_TRY(header.first_strand, in.u64("first_strand"));
  ACTZ_TRY(header.strand_count, in.u32("strand_count"));
  ACTZ_TRY(header.model_index, in.u16("model_index"));
  ACTZ_TRY(const auto coding, in.u8("coding"));
  ACTZ_TRY(header.lanes_log2, in.u8("lanes_log2"));
  ACTZ_TRY(header.digest, in.u64("digest"));
  ACTZ_TRY(header.word_count, in.u32("word_count"));
  ACTZ_TRY(header.bypass_bytes, in.u32("bypass_bytes"));
  ACTZ_TRY(header.patch_bytes, in.u32("patch_bytes"));
  ACTZ_TRY(header.source_count, in.u8("source_count"));
  ACTZ_TRY(const auto is_source, in.u8("is_source"));
  ACTZ_TRY(const auto reserved, in.u16("reserved"));
  if (coding > 2) return in.error_here(ErrorCode::unsupported, "unknown chunk coding");  // R-CHNK-01
  header.coding = static_cast<ChunkCoding>(coding);
  if (header.lanes_log2 > std::countr_zero(kMaxLanes) || reserved != 0) {  // R-CHNK-02
    return in.error_here(ErrorCode::unsupported, "more than 128 lanes, or reserved bytes are not zero");
  }
  if (header.source_count > kMaxSources || is_source > 1) {  // R-SRCE-01
    return in.error_here(ErrorCode::corrupt, "a chunk names more than 16 others, or is_source is not 0 or 1");
  }
  header.is_source = is_source == 1;
  return header;
}

void write_chunk_names(std::span<const ChunkName> names, std::vector<std::byte>& to) {
  ByteWriter out;
  for (const ChunkName& name : names) {
    out.u32(name.tensor_index);
    out.u32(name.chunk_index);
  }
  to.insert(to.end(), out.data().begin(), out.data().end());
}

Result<std::vector<ChunkName>> read_chunk_names(std::span<const std::byte> payload, const ChunkHeader& header,
                                                std::uint64_t file_offset_bytes) {
  ByteReader in(payload, file_offset_bytes);
  ACTZ_TRY([[maybe_unused]] const auto fixed, in.bytes(ChunkHeader::kBytes, "chunk header"));
  std::vector<ChunkName> out(header.source_count);
  for (ChunkName& name : out) {
    ACTZ_TRY(name.tensor_index, in.u32("tensor_index of a source"));
    ACTZ_TRY(name.chunk_index, in.u32("chunk_index of a source"));
  }
  return out;
}

}  // namespace actz
