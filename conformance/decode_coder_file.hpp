#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "actz/result.hpp"

namespace actz::conformance {

/// Decodes a coder file (README.md): the entropy coder of chapter 7, or an external stream of chapter 11, without a
/// container.
/// @return symbols as u8, or values as i32, little-endian.
/// Errors: bad_argument for a file that is none, and those of the stream.
Result<std::vector<std::byte>> decode_coder_file(std::span<const std::byte> data);

}  // namespace actz::conformance
