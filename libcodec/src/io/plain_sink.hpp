#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "actz/result.hpp"
#include "io/output_file.hpp"
#include "io/tensor_sink.hpp"

namespace actz::io {

/// A sink that writes a header and then all elements unchanged: npy, safetensors and raw.
/// Bytes beyond those of `infos`, or finish() before all of them, are bad_argument.
Result<std::unique_ptr<TensorSink>> open_plain_sink(OutputFile file, std::span<const std::byte> header,
                                                    const std::vector<TensorInfo>& infos);

/// Bytes of a tensor's elements, or limit_exceeded.
Result<std::uint64_t> tensor_bytes(const TensorInfo& info);

Error more_than_announced();
Error less_than_announced();

}  // namespace actz::io
