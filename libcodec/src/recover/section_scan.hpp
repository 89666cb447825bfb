#pragma once

#include <cstdint>
#include <vector>

#include "actz/options.hpp"
#include "actz/streams.hpp"
#include "container/section.hpp"

namespace actz {

/// What stands at a place of a damaged file.
struct ScannedPart {
  enum class Kind : std::uint8_t {
    section,  ///< whole: both checksums match
    broken,   ///< a section whose header is whole and whose payload is not
    gap,      ///< bytes that are no section: any number of sections may have stood there
  };
  Kind kind = Kind::gap;
  SectionHeader header;  ///< not of a gap
  std::uint64_t offset_bytes = 0;
  std::uint64_t size_bytes = 0;
};

/// Walks through a file from section to section, and searches for the next one where none stands
/// (format_spec/02_container.md, 2.7). The file header is passed over, be it whole or in its place.
/// Errors: io; limit_exceeded: a section is larger than the reader's limit, or so many broken ones overlap that the
/// work would not be in proportion to the file.
Result<std::vector<ScannedPart>> scan_sections(const ByteSource& source, const DecodeLimits& limits);

}  // namespace actz
