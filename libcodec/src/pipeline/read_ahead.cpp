#include "pipeline/read_ahead.hpp"

#include <algorithm>

namespace actz {

bool ReadAhead::Window::copy(std::uint64_t offset, std::span<std::byte> to) const {
  if (offset < offset_bytes || offset - offset_bytes > bytes.size()) return false;
  const auto from = std::span(bytes).subspan(static_cast<std::size_t>(offset - offset_bytes));
  if (to.size() > from.size()) return false;
  std::copy_n(from.begin(), to.size(), to.begin());
  return true;
}

void ReadAhead::Window::load(const ByteSource& source, std::uint64_t offset) {
  offset_bytes = offset;
  bytes.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kWindowBytes, source.size_bytes() - offset)));
  if (!source.read_at(offset, bytes)) bytes.clear();
}

Status ReadAhead::read_at(std::uint64_t offset_bytes, std::span<std::byte> to) const {
  if (end_.copy(offset_bytes, to) || latest_.copy(offset_bytes, to)) return {};
  if (to.size() < kWindowBytes) {
    latest_.load(source_, offset_bytes);
    if (latest_.copy(offset_bytes, to)) return {};
  }
  return source_.read_at(offset_bytes, to);
}

void ReadAhead::load_end() {
  const std::uint64_t size = source_.size_bytes();
  end_.load(source_, size - std::min<std::uint64_t>(kWindowBytes, size));
}

}  // namespace actz
