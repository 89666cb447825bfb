#include <bit>

#include "base/byte_reader.hpp"
#include "base/byte_writer.hpp"
#include "base/try.hpp"
#include "container/fields.hpp"

namespace actz {
namespace {

constexpr std::size_t kIndexEntryBytes = 36;

Status nothing_follows(const ByteReader& in) {
  if (in.remaining_bytes() == 0) return {};
  return in.error_here(ErrorCode::corrupt, "bytes follow the content of a section");  // R-CONT-19
}

}  // namespace

std::vector<std::byte> write_tensor_end(const TensorEnd& end) {
  ByteWriter out;
  out.u32(end.tensor_index);
  out.u32(end.chunk_count);
  out.u64(end.digest);
  for (const double figure : {end.squared_error, end.centred_energy, end.max_abs_error}) {
    out.u64(std::bit_cast<std::uint64_t>(figure));
  }
  return out.take();
}

Result<TensorEnd> read_tensor_end(std::span<const std::byte> payload, std::uint64_t file_offset_bytes) {
  ByteReader in(payload, file_offset_bytes);
  TensorEnd end;
  ACTZ_TRY(end.tensor_index, in.u32("tensor_index"));
  ACTZ_TRY(end.chunk_count, in.u32("chunk_count"));
  ACTZ_TRY(end.digest, in.u64("digest"));
  for (double* figure : {&end.squared_error, &end.centred_energy, &end.max_abs_error}) {
    ACTZ_TRY(const auto pattern, in.u64("figure"));
    *figure = std::bit_cast<double>(pattern);
  }
  ACTZ_CHECK(nothing_follows(in));
  return end;
}

std::vector<std::byte> write_index(std::span<const IndexEntry> entries) {
  ByteWriter out;
  out.u32(static_cast<std::uint32_t>(entries.size()));
  for (const IndexEntry& entry : entries) {
    out.u16(entry.type);
    out.u16(0);
    out.u32(entry.tensor_index);
    out.u64(entry.offset_bytes);
    out.u64(entry.section_bytes);
    out.u64(entry.first_strand);
    out.u32(entry.strand_count);
  }
  return out.take();
}

Result<std::vector<IndexEntry>> read_index(std::span<const std::byte> payload, std::uint64_t file_offset_bytes) {
  ByteReader in(payload, file_offset_bytes);
  ACTZ_TRY(const auto count, in.u32("section_count"));
  if (in.remaining_bytes() != std::uint64_t{count} * kIndexEntryBytes) {  // R-INDX-01
    return in.error_here(ErrorCode::corrupt_bounds, "the index has another length than its count says");
  }
  std::vector<IndexEntry> out(count);
  for (IndexEntry& entry : out) {
    ACTZ_TRY(entry.type, in.u16("type"));
    ACTZ_TRY(const auto reserved, in.u16("reserved"));
    ACTZ_TRY(entry.tensor_index, in.u32("tensor_index"));
    ACTZ_TRY(entry.offset_bytes, in.u64("offset"));
    ACTZ_TRY(entry.section_bytes, in.u64("section_bytes"));
    ACTZ_TRY(entry.first_strand, in.u64("first_strand"));
    ACTZ_TRY(entry.strand_count, in.u32("strand_count"));
    if (reserved != 0)
      return in.error_here(ErrorCode::corrupt, "reserved bytes of the index are not zero");  // R-INDX-02
  }
  return out;
}

std::vector<std::byte> write_end_mark(const EndMark& mark) {
  ByteWriter out;
  out.u64(mark.index_offset_bytes);
  out.u64(mark.file_bytes);
  return out.take();
}

Result<EndMark> read_end_mark(std::span<const std::byte> payload, std::uint64_t file_offset_bytes) {
  ByteReader in(payload, file_offset_bytes);
  EndMark mark;
  ACTZ_TRY(mark.index_offset_bytes, in.u64("index_offset"));
  ACTZ_TRY(mark.file_bytes, in.u64("file_bytes"));
  ACTZ_CHECK(nothing_follows(in));
  return mark;
}

}  // namespace actz
