#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "actz/result.hpp"
#include "actz/tensor.hpp"

/// Where bytes and elements come from and go to. Implement these to connect the codec to files, sockets or memory;
/// ready-made ones for memory are below, for files in the CLI's src/io.

namespace actz {

/// Bytes read front to back, from a pipe or a file.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// Fills as much of `to` as the stream has; a short count means its end. Errors: io.
  virtual Result<std::size_t> read(std::span<std::byte> to) = 0;
};

/// Bytes at any position.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual std::uint64_t size_bytes() const = 0;
  /// Fills `to` from `offset_bytes` on; the range lies inside the source. Callable from several threads. Errors: io.
  virtual Status read_at(std::uint64_t offset_bytes, std::span<std::byte> to) const = 0;
};

/// Takes bytes front to back.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual Status write(std::span<const std::byte> data) = 0;
};

/// Elements of one tensor in C order, little-endian.
class ElementSource {
 public:
  virtual ~ElementSource() = default;
  /// Fills `to` with elements from `first_elem` on. Errors: io, need_more_input, corrupt.
  virtual Status read(std::uint64_t first_elem, std::span<std::byte> to) = 0;
  /// The same elements where they lie, if that is memory that stays as it is while they are encoded; else nothing, and
  /// read() is called. Saves a copy.
  virtual std::span<const std::byte> view(std::uint64_t first_elem, std::size_t bytes) const;
  /// False for a pipe: every element can be read once, in order.
  virtual bool rewindable() const = 0;
};

/// A ByteSource and ByteStream over borrowed memory.
class MemorySource final : public ByteSource, public ByteStream {
 public:
  explicit MemorySource(std::span<const std::byte> data) : data_(data) {}
  std::uint64_t size_bytes() const override { return data_.size(); }
  Status read_at(std::uint64_t offset_bytes, std::span<std::byte> to) const override;
  Result<std::size_t> read(std::span<std::byte> to) override;

 private:
  std::span<const std::byte> data_;
  std::size_t position_ = 0;
};

/// An ElementSource over borrowed memory: the elements of one tensor in C order, little-endian.
class MemoryElements final : public ElementSource {
 public:
  MemoryElements(DType dtype, std::span<const std::byte> data) : data_(data), element_bytes_(element_bytes(dtype)) {}
  /// Errors: bad_argument for elements past the end, as when the shape that goes with it promises more.
  Status read(std::uint64_t first_elem, std::span<std::byte> to) override;
  std::span<const std::byte> view(std::uint64_t first_elem, std::size_t bytes) const override;
  bool rewindable() const override { return true; }

 private:
  std::span<const std::byte> data_;
  std::size_t element_bytes_;
};

/// A ByteSink that keeps what it is given.
class MemorySink final : public ByteSink {
 public:
  Status write(std::span<const std::byte> data) override {
    bytes.insert(bytes.end(), data.begin(), data.end());
    return {};
  }
  std::vector<std::byte> bytes;
};

}  // namespace actz
