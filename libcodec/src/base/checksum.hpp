#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

/// Checksums and digests of the format (format_spec/02_container.md).

namespace actz {

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4): reflected, initial value and final xor 0xFFFFFFFF.
std::uint32_t crc32c(std::span<const std::byte> data);

/// The table-driven definition, for hosts without a fast library and for tests.
std::uint32_t crc32c_portable(std::span<const std::byte> data);

/// XXH64 with seed 0.
std::uint64_t xxh64(std::span<const std::byte> data);

using Sha256 = std::array<std::byte, 32>;
Sha256 sha256(std::span<const std::byte> data);

}  // namespace actz
