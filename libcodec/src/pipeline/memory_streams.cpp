#include <algorithm>

#include "actz/streams.hpp"

namespace actz {

Status MemorySource::read_at(std::uint64_t offset_bytes, std::span<std::byte> to) const {
  if (offset_bytes > data_.size() || to.size() > data_.size() - offset_bytes) {
    return Error{ErrorCode::bad_argument, offset_bytes, "read past the end of memory"};
  }
  std::copy_n(data_.begin() + static_cast<std::ptrdiff_t>(offset_bytes), to.size(), to.begin());
  return {};
}

Result<std::size_t> MemorySource::read(std::span<std::byte> to) {
  const std::size_t count = std::min(to.size(), data_.size() - position_);
  std::copy_n(data_.begin() + static_cast<std::ptrdiff_t>(position_), count, to.begin());
  position_ += count;
  return count;
}

Status MemoryElements::read(std::uint64_t first_elem, std::span<std::byte> to) {
  return MemorySource(data_).read_at(first_elem * element_bytes_, to);
}

std::span<const std::byte> MemoryElements::view(std::uint64_t first_elem, std::size_t bytes) const {
  const std::uint64_t first = first_elem * element_bytes_;
  if (first > data_.size() || bytes > data_.size() - first) return {};
  return data_.subspan(static_cast<std::size_t>(first), bytes);
}

std::span<const std::byte> ElementSource::view(std::uint64_t, std::size_t) const { return {}; }

}  // namespace actz
