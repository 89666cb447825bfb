#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace actz {

/// Appends little-endian fields to a growing byte vector.
class ByteWriter {
 public:
  void u8(std::uint8_t value) { append(value); }
  void u16(std::uint16_t value) { append(value); }
  void u32(std::uint32_t value) { append(value); }
  void u64(std::uint64_t value) { append(value); }
  void bytes(std::span<const std::byte> data) { out_.insert(out_.end(), data.begin(), data.end()); }
  /// u16 length in bytes, then the text.
  void text16(std::string_view text) {
    u16(static_cast<std::uint16_t>(text.size()));
    bytes(std::as_bytes(std::span(text)));
  }
  /// Overwrites a u32 written before, for lengths known only afterwards.
  void patch_u32(std::size_t offset_bytes, std::uint32_t value) { store_le(&out_[offset_bytes], value); }

  std::size_t position_bytes() const { return out_.size(); }
  const std::vector<std::byte>& data() const { return out_; }
  std::vector<std::byte> take() { return std::move(out_); }

 private:
  template <class T>
  void append(T value) {
    const std::size_t at = out_.size();
    out_.resize(at + sizeof(T));
    store_le(&out_[at], value);
  }
  std::vector<std::byte> out_;
};

}  // namespace actz
