#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "actz/result.hpp"
#include "io/tensor_source.hpp"

namespace actz::io {

/// Writes tensors to a file of another format, front to back.
class TensorSink {
 public:
  virtual ~TensorSink() = default;
  /// The next bytes (C order, little-endian) of the tensors announced when the sink was made, one tensor after
  /// the other.
  virtual Status write(std::span<const std::byte> data) = 0;
  /// Completes the file: flushes, syncs and moves it to its name. Without it nothing appears at the path.
  virtual Status finish() = 0;
};

/// Makes a sink for a path, or standard output for "-".
/// @param infos    all tensors that will be written; npy and raw take exactly one.
/// @param overwrite  false: an existing path is bad_argument and stays untouched.
/// npy writes version 1.0, C order; bf16 has no npy type: it is bad_argument, use .safetensors or raw.
Result<std::unique_ptr<TensorSink>> open_sink(const std::string& path, FileFormat format,
                                              const std::vector<TensorInfo>& infos, bool overwrite);

}  // namespace actz::io
