#pragma once

#include <memory>
#include <vector>

#include "actz/result.hpp"
#include "io/byte_input.hpp"
#include "io/output_file.hpp"
#include "io/tensor_sink.hpp"

/// numpy's .npz: a zip archive of .npy files, stored or deflated, one per tensor.

namespace actz::io {

/// Tensors in the order of the archive's directory, named after the members without their ".npy".
/// @param input  must lie in memory (a mapping counts): the directory of an archive is at its end.
/// A stored member is read in place, a deflated one is inflated whole when it is opened. The CRC-32 of a member is
/// checked when it was read front to back (corrupt_checksum).
/// Errors: need_more_input, unsupported (encryption, other compression, members that are not .npy), corrupt, io.
Result<std::unique_ptr<TensorCollection>> open_npz(std::shared_ptr<ByteInput> input);

/// Writes stored members front to back, so that a pipe will do: sizes and CRC-32 follow the data. Zip64 where a size
/// or offset needs it. The time stamp is constant, as numpy's is: equal tensors give equal files.
Result<std::unique_ptr<TensorSink>> open_npz_sink(OutputFile file, const std::vector<TensorInfo>& infos);

}  // namespace actz::io
