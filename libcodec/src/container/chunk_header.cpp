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
  out.u32(0);
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
  ACTZ_TRY(const auto reserved, in.u32("reserved"));
  if (coding > 2) return in.error_here(ErrorCode::unsupported, "unknown chunk coding");  // R-CHNK-01
  header.coding = static_cast<ChunkCoding>(coding);
  if (header.lanes_log2 > std::countr_zero(kMaxLanes) || reserved != 0) {  // R-CHNK-02
    return in.error_here(ErrorCode::unsupported, "more than 128 lanes, or reserved bytes are not zero");
  }
  return header;
}

}  // namespace actz
