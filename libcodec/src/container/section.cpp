#include "container/section.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "actz/version.hpp"
#include "base/byte_reader.hpp"
#include "base/byte_writer.hpp"
#include "base/checksum.hpp"
#include "base/try.hpp"

namespace actz {
namespace {

/// A byte with the high bit, letters, CR LF, end-of-file, LF: text-mode and 7-bit transfers break it (as in PNG).
constexpr std::array<unsigned char, 8> kSignature = {0x89, 'A', 'C', 'Z', 0x0D, 0x0A, 0x1A, 0x0A};

constexpr std::uint32_t kKnownRequiredFeatures = 0;

}  // namespace

std::vector<std::byte> write_file_header(FileKind kind) {
  ByteWriter out;
  out.bytes(std::as_bytes(std::span(kSignature)));
  out.u8(kFormatMajor);
  out.u8(kFormatMinor);
  out.u16(static_cast<std::uint16_t>(kind));
  out.u32(0);  // required features
  out.u32(0);  // optional features
  out.u32(crc32c(out.data()));
  return out.take();
}

Result<FileHeader> read_file_header(std::span<const std::byte> bytes) {
  const std::size_t compared = std::min(bytes.size(), kSignature.size());
  if (!std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(compared),
                  std::as_bytes(std::span(kSignature)).begin())) {  // R-CONT-01
    return Error{ErrorCode::corrupt_signature, 0, "not an actz file, or damaged by a text-mode transfer"};
  }
  if (bytes.size() < kFileHeaderBytes) {  // R-CONT-02
    return Error{ErrorCode::need_more_input, bytes.size(), "the file ends inside its header"};
  }
  ByteReader in(bytes.first(kFileHeaderBytes));
  ACTZ_TRY([[maybe_unused]] const auto signature, in.bytes(kSignature.size(), "signature"));
  ACTZ_TRY(const auto major, in.u8("major"));
  ACTZ_TRY(const auto minor, in.u8("minor"));
  ACTZ_TRY(const auto kind, in.u16("file kind"));
  ACTZ_TRY(const auto required, in.u32("required features"));
  ACTZ_TRY([[maybe_unused]] const auto optional, in.u32("optional features"));
  ACTZ_TRY(const auto crc, in.u32("header checksum"));
  if (crc != crc32c(bytes.first(kFileHeaderBytes - 4))) {  // R-CONT-03
    return Error{ErrorCode::corrupt_checksum, kFileHeaderBytes - 4, "the file header does not match its checksum"};
  }
  if (major != kFormatMajor) {  // R-CONT-04
    return Error{
        ErrorCode::unsupported, kSignature.size(),
        "format version " + std::to_string(major) + "." + std::to_string(minor) + " is not one this program reads"};
  }
  if (const std::uint32_t unknown = required & ~kKnownRequiredFeatures; unknown != 0) {  // R-CONT-05
    unsigned bit = 0;
    while ((unknown >> bit & 1) == 0) ++bit;
    return Error{ErrorCode::unsupported, 12, "the file requires feature bit " + std::to_string(bit) + ", unknown here"};
  }
  if (kind != static_cast<std::uint16_t>(FileKind::data) && kind != static_cast<std::uint16_t>(FileKind::profile)) {
    return Error{ErrorCode::unsupported, 10, "unknown kind of file"};  // R-CONT-06
  }
  return FileHeader{static_cast<FileKind>(kind), minor};
}

std::vector<std::byte> write_section_header(SectionType type, std::span<const std::byte> payload, std::uint16_t flags) {
  ByteWriter out;
  out.u32(kSectionSync);
  out.u16(static_cast<std::uint16_t>(type));
  out.u16(flags);
  out.u64(payload.size());
  out.u32(crc32c(payload));
  out.u32(crc32c(out.data()));
  return out.take();
}

std::vector<std::byte> write_section(SectionType type, std::span<const std::byte> payload, std::uint16_t flags) {
  std::vector<std::byte> out = write_section_header(type, payload, flags);
  out.insert(out.end(), payload.begin(), payload.end());
  return out;
}

Result<SectionHeader> read_section_header(std::span<const std::byte> bytes, std::uint64_t file_offset_bytes) {
  if (bytes.size() < kSectionHeaderBytes) {  // R-CONT-10
    return Error{ErrorCode::need_more_input, file_offset_bytes + bytes.size(), "the file ends inside a section header"};
  }
  ByteReader in(bytes.first(kSectionHeaderBytes), file_offset_bytes);
  SectionHeader out;
  ACTZ_TRY(const auto sync, in.u32("sync"));
  ACTZ_TRY(out.type, in.u16("type"));
  ACTZ_TRY(out.flags, in.u16("flags"));
  ACTZ_TRY(out.payload_bytes, in.u64("payload_bytes"));
  ACTZ_TRY(out.payload_crc, in.u32("payload checksum"));
  ACTZ_TRY(const auto crc, in.u32("header checksum"));
  if (sync != kSectionSync) {  // R-CONT-11
    return Error{ErrorCode::corrupt, file_offset_bytes, "no section starts here"};
  }
  if (crc != crc32c(bytes.first(kSectionHeaderBytes - 4))) {  // R-CONT-12
    return Error{ErrorCode::corrupt_checksum, file_offset_bytes, "a section header does not match its checksum"};
  }
  if ((out.flags & ~kSectionSkippable) != 0) {  // R-CONT-13
    return Error{ErrorCode::unsupported, file_offset_bytes + 6, "a section has unknown flags"};
  }
  return out;
}

Status check_payload(const SectionHeader& header, std::span<const std::byte> payload, std::uint64_t file_offset_bytes) {
  if (crc32c(payload) != header.payload_crc) {  // R-CONT-14
    return Error{ErrorCode::corrupt_checksum, file_offset_bytes, "a section's content does not match its checksum"};
  }
  return {};
}

}  // namespace actz
