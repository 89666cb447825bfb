#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "actz/options.hpp"
#include "actz/result.hpp"

namespace actz::conformance {

/// Decodes a coder file (README.md): the entropy coder of chapter 7, an external stream of chapter 11, or the packets
/// of chapter 12, without a container.
/// @param limits  of packets.
/// @return symbols as u8, values as i32, or elements of rows, little-endian.
/// Errors: bad_argument for a file that is none, and those of the stream.
Result<std::vector<std::byte>> decode_coder_file(std::span<const std::byte> data, const DecodeLimits& limits = {});

}  // namespace actz::conformance
