#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace actz {

/// Columns [first, first + count) of a row-major matrix.
inline std::vector<std::int16_t> columns_of(const std::vector<std::int16_t>& matrix, std::size_t columns,
                                            std::size_t first, std::size_t count) {
  std::vector<std::int16_t> out;
  out.reserve(matrix.size() / columns * count);
  for (std::size_t at = first; at < matrix.size(); at += columns) {
    out.insert(out.end(), matrix.begin() + static_cast<std::ptrdiff_t>(at),
               matrix.begin() + static_cast<std::ptrdiff_t>(at + count));
  }
  return out;
}

}  // namespace actz
