#include "pipeline/buffered_elements.hpp"

#include <algorithm>

#include "base/try.hpp"

namespace actz {

Result<std::span<const std::byte>> BufferedElements::look_ahead(std::uint64_t count) {
  const std::size_t have = ahead_.size();
  const auto wanted = static_cast<std::size_t>(count) * element_bytes_;
  if (have < wanted) {
    ahead_.resize(wanted);
    ACTZ_CHECK(source_.read(have / element_bytes_, std::span(ahead_).subspan(have)));
  }
  return std::span<const std::byte>(ahead_).first(wanted);
}

Status BufferedElements::read(std::uint64_t first_elem, std::span<std::byte> to) {
  const std::uint64_t first_byte = first_elem * element_bytes_;
  std::size_t copied = 0;
  if (first_byte < ahead_.size()) {
    copied = std::min(to.size(), ahead_.size() - static_cast<std::size_t>(first_byte));
    std::copy_n(ahead_.begin() + static_cast<std::ptrdiff_t>(first_byte), copied, to.begin());
  }
  if (copied < to.size()) {
    ACTZ_CHECK(source_.read(first_elem + copied / element_bytes_, to.subspan(copied)));
    if (copied == 0) std::vector<std::byte>().swap(ahead_);
  }
  return {};
}

Result<std::span<const std::byte>> BufferedElements::view_or_read(std::uint64_t first_elem, std::size_t bytes,
                                                                  std::vector<std::byte>& room) {
  if (const auto there = view(first_elem, bytes); !there.empty()) return there;
  room.resize(bytes);
  ACTZ_CHECK(read(first_elem, room));
  return std::span<const std::byte>(room);
}

}  // namespace actz
