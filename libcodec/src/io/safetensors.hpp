#pragma once

#include <memory>
#include <span>
#include <vector>

#include "actz/result.hpp"
#include "io/byte_input.hpp"
#include "io/output_file.hpp"
#include "io/tensor_sink.hpp"

/// .safetensors, as strict as its reference implementation: offsets without holes or overlaps, sizes that equal
/// shape × dtype, nothing after the last tensor, every name once.

namespace actz::io {

/// Tensors in the order of their data; empty ones in the order of the header.
Result<std::unique_ptr<TensorCollection>> open_safetensors(std::shared_ptr<ByteInput> input);

/// Writes the data in the order of `infos`, without gaps (the format allows none). Loaders that map the file want
/// each tensor aligned to its element: give wide dtypes first.
Result<std::unique_ptr<TensorSink>> open_safetensors_sink(OutputFile file, const std::vector<TensorInfo>& infos);

/// True when the first bytes of a pipe can be those of .safetensors: a plausible length, then '{'.
bool looks_like_safetensors(std::span<const std::byte> head);
inline constexpr std::size_t kSafetensorsSniffBytes = 9;

}  // namespace actz::io
