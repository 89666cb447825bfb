#include "predict/stored_rows.hpp"

#include "predict/fixed_point.hpp"

namespace actz {

FixedStoredRows::FixedStoredRows(const StoredRows& stored, float unit, std::span<const std::int32_t> centre)
    : rows_(stored.row_count(), stored.channels), position_(stored.position) {
  const float scale = 1.0F / unit;
  const float* from = stored.values.data();
  for (std::size_t row = 0; row < position_.size(); ++row) {
    std::int32_t* const to = rows_.row(row);
    for (std::size_t c = 0; c < stored.channels; ++c) {
      const auto fixed = static_cast<std::uint32_t>(round_to_fixed(*from++ * scale));
      to[c] = static_cast<std::int32_t>(fixed - static_cast<std::uint32_t>(centre[c]));
    }
  }
}

}  // namespace actz
