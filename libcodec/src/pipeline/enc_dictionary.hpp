#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "actz/result.hpp"
#include "profile/codec_model.hpp"

namespace actz {

/// The payload of a DICTIONARY section: rows coded as a tensor of one chunk.
/// @param model   without reference or dictionary; its unit is used.
/// @param values  row-major, a whole number of strands.
Result<std::vector<std::byte>> write_dictionary(const CodecModel& model, std::span<const float> values,
                                                std::uint32_t strand_rows);

}  // namespace actz
