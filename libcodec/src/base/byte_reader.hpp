#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "actz/result.hpp"
#include "base/bytes.hpp"

namespace actz {

/// Reads little-endian fields from hostile bytes: the one place where bounds are checked.
/// Each read names its field, so that an error says which one was missing and where.
class ByteReader {
 public:
  /// @param base_offset_bytes  offset of data[0] in the file, for error messages.
  explicit ByteReader(std::span<const std::byte> data, std::uint64_t base_offset_bytes = 0)
      : data_(data), base_offset_bytes_(base_offset_bytes) {}

  Result<std::uint8_t> u8(const char* field) { return fixed<std::uint8_t>(field); }
  Result<std::uint16_t> u16(const char* field) { return fixed<std::uint16_t>(field); }
  Result<std::uint32_t> u32(const char* field) { return fixed<std::uint32_t>(field); }
  Result<std::uint64_t> u64(const char* field) { return fixed<std::uint64_t>(field); }

  Result<std::span<const std::byte>> bytes(std::uint64_t count_bytes, const char* field) {
    if (count_bytes > remaining_bytes()) return missing(field);
    const auto out = data_.subspan(position_, static_cast<std::size_t>(count_bytes));
    position_ += static_cast<std::size_t>(count_bytes);
    return out;
  }

  std::size_t remaining_bytes() const { return data_.size() - position_; }
  std::size_t position_bytes() const { return position_; }
  std::span<const std::byte> rest() const { return data_.subspan(position_); }

  Error error_here(ErrorCode code, std::string message) const {
    return {code, base_offset_bytes_ + position_, std::move(message)};
  }

 private:
  template <class T>
  Result<T> fixed(const char* field) {
    if (sizeof(T) > remaining_bytes()) return missing(field);
    const T value = load_le<T>(data_.data() + position_);
    position_ += sizeof(T);
    return value;
  }
  Error missing(const char* field) const {  // R-CONT-18
    return error_here(ErrorCode::corrupt_bounds, std::string("section ends inside ") + field);
  }

  std::span<const std::byte> data_;
  std::uint64_t base_offset_bytes_;
  std::size_t position_ = 0;
};

}  // namespace actz
