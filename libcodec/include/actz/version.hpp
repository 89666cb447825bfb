#pragma once

#include <cstdint>
#include <string_view>

namespace actz {

/// Version of this library, as in CHANGELOG.md.
inline constexpr std::string_view kLibraryVersion = "0.1.0";

/// Format version that this library writes. It reads every 1.x that needs nothing it lacks
/// (format_spec/10_versioning.md).
inline constexpr std::uint8_t kFormatMajor = 1;
inline constexpr std::uint8_t kFormatMinor = 0;

}  // namespace actz
