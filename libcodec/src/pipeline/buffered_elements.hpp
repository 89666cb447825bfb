#pragma once

#include <cstdint>
#include <vector>

#include "actz/streams.hpp"

namespace actz {

/// An ElementSource whose first elements can be looked at before they are read: what a pipe needs so that a model can
/// be learned from its beginning.
class BufferedElements {
 public:
  /// @param source  borrowed.
  BufferedElements(ElementSource& source, std::size_t element_bytes) : source_(source), element_bytes_(element_bytes) {}

  bool rewindable() const { return source_.rewindable(); }

  /// Elements [0, count) of a pipe, kept until read() has passed them.
  Result<std::span<const std::byte>> look_ahead(std::uint64_t count);

  /// Any elements of a rewindable source; of a pipe, the next ones.
  Status read(std::uint64_t first_elem, std::span<std::byte> to);
  /// The same, where they lie if the source says so; else read into `room`.
  Result<std::span<const std::byte>> view_or_read(std::uint64_t first_elem, std::size_t bytes,
                                                  std::vector<std::byte>& room);
  /// Where they lie, or nothing.
  std::span<const std::byte> view(std::uint64_t first_elem, std::size_t bytes) const {
    return source_.view(first_elem, bytes);
  }

 private:
  ElementSource& source_;
  std::size_t element_bytes_;
  std::vector<std::byte> ahead_;
};

}  // namespace actz
