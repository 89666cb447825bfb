#pragma once

#include <cstdint>

#include "actz/options.hpp"
#include "actz/result.hpp"
#include "container/section.hpp"

namespace actz {

/// True for METADATA and TENSOR, which a reader keeps as long as the file is open.
constexpr bool is_header(std::uint16_t section_type) {
  return section_type == static_cast<std::uint16_t>(SectionType::metadata) ||
         section_type == static_cast<std::uint16_t>(SectionType::tensor);
}

/// What the headers of a file may still take.
class HeaderBudget {
 public:
  explicit HeaderBudget(const DecodeLimits& limits) : left_bytes_(limits.max_header_bytes) {}

  Status take(std::uint64_t payload_bytes, std::uint64_t file_offset_bytes) {
    if (payload_bytes > left_bytes_) {  // R-LIMIT-05
      return Error{ErrorCode::limit_exceeded, file_offset_bytes,
                   "metadata and headers are larger than the reader's limit"};
    }
    left_bytes_ -= payload_bytes;
    return {};
  }

 private:
  std::uint64_t left_bytes_;
};

}  // namespace actz
