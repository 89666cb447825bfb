#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "actz/result.hpp"
#include "io/array_source.hpp"
#include "io/byte_input.hpp"
#include "io/output_file.hpp"
#include "io/tensor_sink.hpp"

/// numpy's .npy, versions 1.0, 2.0 and 3.0.

namespace actz::io {

/// First bytes of every .npy file.
inline constexpr char kNpyMagic[] = "\x93NUMPY";
inline constexpr std::size_t kNpyMagicBytes = 6;

/// Reads the header at the beginning of `input` and checks that the data end where the input does.
/// Errors: need_more_input, unsupported (version, dtype, several arrays in one file), limit_exceeded,
/// corrupt, corrupt_signature, io.
Result<ArrayLayout> read_npy_layout(ByteInput& input, std::string name);

/// A header of version 1.0 for C order, with numpy's alignment. bad_argument for bf16, which numpy does not have.
Result<std::vector<std::byte>> make_npy_header(const TensorInfo& info);

Result<std::unique_ptr<TensorCollection>> open_npy(std::shared_ptr<ByteInput> input, std::string name);
Result<std::unique_ptr<TensorSink>> open_npy_sink(OutputFile file, const TensorInfo& info);

}  // namespace actz::io
