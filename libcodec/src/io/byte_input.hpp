#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "actz/result.hpp"

/// Where the bytes of an input come from: memory, a pipe or a member of an archive. Readers of formats see only this.

namespace actz::io {

class ByteInput {
 public:
  virtual ~ByteInput() = default;
  /// Fills `to` with the bytes from `offset_bytes` on. Errors: need_more_input (at the offset where the input ends),
  /// io, corrupt, and bad_argument when a pipe would have to go back.
  virtual Status read_at(std::uint64_t offset_bytes, std::span<std::byte> to) = 0;
  /// True when the input has no byte at `offset_bytes`; the last question to ask of a pipe.
  virtual Result<bool> ends_at(std::uint64_t offset_bytes) = 0;
  /// Bytes in total, where that is known without reading them.
  virtual std::optional<std::uint64_t> size_bytes() const = 0;
  virtual bool rewindable() const = 0;
  /// All bytes when they lie in memory, else null.
  virtual const std::span<const std::byte>* in_memory() const { return nullptr; }
};

/// Bytes in memory, kept alive by `owner`.
class MemoryInput final : public ByteInput {
 public:
  MemoryInput(std::shared_ptr<const void> owner, std::span<const std::byte> data)
      : owner_(std::move(owner)), data_(data) {}
  Status read_at(std::uint64_t offset_bytes, std::span<std::byte> to) override;
  Result<bool> ends_at(std::uint64_t offset_bytes) override { return offset_bytes >= data_.size(); }
  std::optional<std::uint64_t> size_bytes() const override { return data_.size(); }
  bool rewindable() const override { return true; }
  const std::span<const std::byte>* in_memory() const override { return &data_; }

 private:
  std::shared_ptr<const void> owner_;
  std::span<const std::byte> data_;
};

std::shared_ptr<ByteInput> make_memory_input(std::vector<std::byte> data);

/// A pipe, terminal or socket: forwards only, each byte once, apart from a peek at the beginning.
class PipeInput final : public ByteInput {
 public:
  /// @param owns_descriptor  false for standard input, which stays open.
  PipeInput(int descriptor, bool owns_descriptor) : descriptor_(descriptor), owns_descriptor_(owns_descriptor) {}
  PipeInput(const PipeInput&) = delete;
  PipeInput& operator=(const PipeInput&) = delete;
  ~PipeInput() override;

  /// The first bytes, at most `count_bytes` and fewer only if the input is shorter. They will be read again.
  /// Only before the first read_at.
  Result<std::span<const std::byte>> peek(std::size_t count_bytes);
  Status read_at(std::uint64_t offset_bytes, std::span<std::byte> to) override;
  Result<bool> ends_at(std::uint64_t offset_bytes) override;
  std::optional<std::uint64_t> size_bytes() const override { return std::nullopt; }
  bool rewindable() const override { return false; }

 private:
  Result<std::size_t> read_some(std::span<std::byte> to);
  Status skip_to(std::uint64_t offset_bytes);

  int descriptor_;
  bool owns_descriptor_;
  std::uint64_t position_bytes_ = 0;
  std::vector<std::byte> peeked_;  // bytes [0, peeked_.size()) of the input
};

/// Reads `count_bytes` from `offset_bytes` on into new memory, which grows with the bytes that arrive: a header that
/// promises too much costs no more than the input is long.
Result<std::vector<std::byte>> read_growing(ByteInput& input, std::uint64_t offset_bytes, std::uint64_t count_bytes);

/// Reads all of a pipe into memory.
Result<std::shared_ptr<ByteInput>> buffer_whole(ByteInput& input);

}  // namespace actz::io
