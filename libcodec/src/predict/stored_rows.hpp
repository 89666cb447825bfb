#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "linear/row_block.hpp"

namespace actz {

/// Decoded rows from outside a chunk that its rows may be matched with: of a dictionary, of source chunks
/// (format_spec/05_chunks.md).
struct StoredRows {
  std::uint32_t channels = 0;
  std::vector<float> values;            ///< row-major
  std::vector<std::uint32_t> position;  ///< of each row in its strand

  std::size_t row_count() const { return position.size(); }
};

/// Stored rows in the fixed-point units of a tensor, its centre subtracted (format_spec/04_transforms.md).
class FixedStoredRows {
 public:
  /// @param unit    of the tensor.
  /// @param centre  of the model, in that unit.
  FixedStoredRows(const StoredRows& stored, float unit, std::span<const std::int32_t> centre);

  std::size_t size() const { return position_.size(); }
  const std::int32_t* row(std::size_t index) const { return rows_.row(index); }
  std::span<const std::uint32_t> position() const { return position_; }

 private:
  RowBlock<std::int32_t> rows_;
  std::vector<std::uint32_t> position_;
};

}  // namespace actz
