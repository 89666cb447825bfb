#pragma once

#include <memory>
#include <string>

#include "actz/result.hpp"
#include "io/byte_input.hpp"
#include "io/tensor_source.hpp"

namespace actz::io {

/// Headerless little-endian elements in C order.
/// @param options  raw_dtype and raw_shape; without a shape there is one axis, as long as the input (a pipe is then
///   held in memory to learn its length).
/// bad_argument when the input's size is not that of the shape, or no whole number of elements.
Result<std::unique_ptr<TensorCollection>> open_raw(std::shared_ptr<ByteInput> input, std::string name,
                                                   const ReadOptions& options);

}  // namespace actz::io
