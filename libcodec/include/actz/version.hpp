#pragma once

#include <cstdint>
#include <string_view>

namespace actz {

/// Version of this library, as in CHANGELOG.md.
inline constexpr std::string_view kLibraryVersion = "0.1.0";

/// Newest format version this library writes and reads. The format is 0.x: it may change until 1.0.
inline constexpr std::uint8_t kFormatMajor = 0;
inline constexpr std::uint8_t kFormatMinor = 1;

}  // namespace actz
