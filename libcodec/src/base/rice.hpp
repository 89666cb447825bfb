#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "actz/result.hpp"
#include "base/byte_reader.hpp"
#include "base/byte_writer.hpp"

/// Integer arrays of a model, in Rice codes (format_spec/03_tensor_and_model.md, "Rice arrays").
/// Each row of `row_length` values has its own parameter k, so that rows of different scale stay compact.

namespace actz {

/// Values must lie in −2^31 … 2^31 − 1. row_length 0 means one row for all values.
void write_rice_array(ByteWriter& out, std::span<const std::int32_t> values, std::size_t row_length = 0);

/// Reads `count` values, each checked to lie in [minimum, maximum]. The caller has bounded `count`.
Result<std::vector<std::int32_t>> read_rice_array(ByteReader& in, std::size_t count, std::size_t row_length,
                                                  std::int32_t minimum, std::int32_t maximum, const char* field);

/// Bits that write_rice_array would take, without the padding to a byte.
std::uint64_t rice_array_bits(std::span<const std::int32_t> values, std::size_t row_length = 0);

}  // namespace actz
