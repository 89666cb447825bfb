#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "actz/result.hpp"

/// The frame of everything in a file: signature, file header, sections (format_spec/02_container.md).

namespace actz {

inline constexpr std::size_t kFileHeaderBytes = 24;
inline constexpr std::size_t kSectionHeaderBytes = 24;
inline constexpr std::uint32_t kSectionSync = 0x5AC7E59Du;  ///< first bytes 9D E5 C7 5A

/// Values are the ids of format_spec/registry/sections.csv.
enum class SectionType : std::uint16_t {
  metadata = 1,
  model = 2,
  model_reference = 3,
  tensor = 4,
  chunk = 5,
  tensor_end = 6,
  index = 7,
  end = 8,
  profile = 9,
  metric = 10,
  dictionary = 11,
};

/// True for the types that have a meaning in a data file; a profile has others.
constexpr bool is_known_in_data_file(std::uint16_t type) {
  return (type >= static_cast<std::uint16_t>(SectionType::metadata) &&
          type <= static_cast<std::uint16_t>(SectionType::end)) ||
         type == static_cast<std::uint16_t>(SectionType::dictionary);
}

/// Values are the ids of format_spec/registry/file_kinds.csv.
enum class FileKind : std::uint16_t { data = 1, profile = 2 };

inline constexpr std::uint16_t kSectionSkippable = 1;  ///< flag: a reader that does not know the type skips it

struct SectionHeader {
  std::uint16_t type = 0;
  std::uint16_t flags = 0;
  std::uint64_t payload_bytes = 0;
  std::uint32_t payload_crc = 0;
};

/// Of a file whose major version is kFormatMajor.
struct FileHeader {
  FileKind kind = FileKind::data;
  std::uint8_t minor = 0;  ///< may be higher than kFormatMinor
};

std::vector<std::byte> write_file_header(FileKind kind);

/// Checks signature, version, feature bits and checksum. Errors: need_more_input, corrupt_signature,
/// corrupt_checksum, unsupported.
Result<FileHeader> read_file_header(std::span<const std::byte> bytes);

/// Header of a section with this payload.
std::vector<std::byte> write_section_header(SectionType type, std::span<const std::byte> payload,
                                            std::uint16_t flags = 0);

/// Header and payload of one section, ready to be written.
std::vector<std::byte> write_section(SectionType type, std::span<const std::byte> payload, std::uint16_t flags = 0);

/// Parses and checks the 24 bytes of a section header at a file offset.
Result<SectionHeader> read_section_header(std::span<const std::byte> bytes, std::uint64_t file_offset_bytes);

/// Checks the payload's CRC32C.
Status check_payload(const SectionHeader& header, std::span<const std::byte> payload, std::uint64_t file_offset_bytes);

}  // namespace actz
