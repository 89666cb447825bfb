#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
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

/// Stored rows of one origin in the fixed-point units of a tensor, its centre subtracted
/// (format_spec/04_transforms.md).
/// @param unit    of the tensor.
/// @param centre  of the model, in that unit.
RowBlock<std::int32_t> fixed_rows(const StoredRows& stored, float unit, std::span<const std::int32_t> centre);

/// Stored rows of all origins in those units, one after the other.
class FixedStoredRows {
 public:
  FixedStoredRows() = default;
  /// Those of one origin; as fixed_rows.
  FixedStoredRows(const StoredRows& stored, float unit, std::span<const std::int32_t> centre);

  /// Adds those of another origin, shared. @param position  of each in its strand.
  void append(std::shared_ptr<const RowBlock<std::int32_t>> rows, std::span<const std::uint32_t> position);

  std::size_t size() const { return position_.size(); }
  const std::int32_t* row(std::size_t index) const { return row_[index]; }
  std::span<const std::uint32_t> position() const { return position_; }

 private:
  std::vector<std::shared_ptr<const RowBlock<std::int32_t>>> parts_;
  std::vector<const std::int32_t*> row_;
  std::vector<std::uint32_t> position_;
};

}  // namespace actz
