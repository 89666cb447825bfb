#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "actz/result.hpp"
#include "actz/tensor.hpp"
#include "io/tensor_source.hpp"

/// The JSON header of .safetensors.

namespace actz::io {

/// The reference implementation's cap.
inline constexpr std::uint64_t kMaxSafetensorsHeaderBytes = 100'000'000;
inline constexpr std::uint64_t kSafetensorsLengthBytes = 8;

struct SafetensorsEntry {
  TensorInfo info;
  std::uint64_t begin_bytes = 0;  ///< from the end of the header
  std::uint64_t end_bytes = 0;
};

/// Parses the header: {"name": {"dtype": …, "shape": […], "data_offsets": [begin, end]}, …}, with an optional
/// "__metadata__" map of strings, which is checked and dropped. Each key once. Offsets are not compared yet.
/// Errors: corrupt, unsupported (dtypes that are not ours, unknown keys of a tensor).
Result<std::vector<SafetensorsEntry>> parse_safetensors_header(std::span<const std::byte> json);

/// The bytes before the data: length and JSON, padded with spaces to a multiple of 8. Data follow in the order of
/// `infos`. bad_argument for duplicate or reserved names and names that are not UTF-8; limit_exceeded.
Result<std::vector<std::byte>> make_safetensors_header(const std::vector<TensorInfo>& infos);

}  // namespace actz::io
