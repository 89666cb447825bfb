#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "actz/result.hpp"
#include "actz/tensor.hpp"

/// Tensors in other formats, read in pieces: .npy, .npz, .safetensors, raw, from a path or a pipe.

namespace actz::io {

struct TensorInfo {
  std::string name;  ///< as stored; the file's stem for .npy and raw
  DType dtype = DType::f32;
  Shape shape;
};

/// One tensor, as a sequence of elements in C order, little-endian, whatever the order in the file.
class TensorSource {
 public:
  virtual ~TensorSource() = default;
  virtual const TensorInfo& info() const = 0;
  /// Fills `to` with the elements from `first_elem` on; to.size() is a multiple of the element's bytes and the
  /// range lies inside the tensor (else bad_argument). A pipe can only be read forwards, each element once;
  /// see rewindable(). Errors: io, need_more_input (file ends early), corrupt.
  virtual Status read(std::uint64_t first_elem, std::span<std::byte> to) = 0;
  /// True when read() may go back: everything but pipes.
  virtual bool rewindable() const = 0;
};

/// The tensors of one input, in the order of the file.
class TensorCollection {
 public:
  virtual ~TensorCollection() = default;
  virtual const std::vector<TensorInfo>& tensors() const = 0;
  /// Opens tensor `index`. Sources of one collection may be read by one thread at a time.
  virtual Result<std::unique_ptr<TensorSource>> open(std::size_t index) = 0;
};

enum class FileFormat { npy, npz, safetensors, raw };

/// Format by ending; empty when the ending is unknown.
std::optional<FileFormat> format_from_path(const std::string& path);

struct ReadOptions {
  /// Default: raw for a pipe with raw_shape; by the first bytes (npy, npz, safetensors), else raw, for any other pipe;
  /// by ending for a file, and without a known ending raw with raw_shape, else by the first bytes, else bad_argument.
  std::optional<FileFormat> format;
  DType raw_dtype = DType::f32;    ///< raw only
  std::optional<Shape> raw_shape;  ///< raw only; default: one axis, as long as the file
};

/// Opens a path, or standard input for "-"; FIFOs and character devices count as pipes. A single tensor without a
/// name is called after the file's stem, from standard input "tensor".
/// Memory: what the header needs; contents are memory-mapped or streamed. Held in memory: npz members that are
/// deflated or in Fortran order, and of a pipe all of an npz, Fortran order, and raw data without raw_shape.
Result<std::unique_ptr<TensorCollection>> open_tensors(const std::string& path, const ReadOptions& options = {});

}  // namespace actz::io
