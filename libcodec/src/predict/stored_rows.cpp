#include "predict/stored_rows.hpp"

#include <utility>

#include "predict/fixed_point.hpp"

namespace actz {

RowBlock<std::int32_t> fixed_rows(const StoredRows& stored, float unit, std::span<const std::int32_t> centre) {
  RowBlock<std::int32_t> out(stored.row_count(), stored.channels);
  const float scale = 1.0F / unit;
  const float* from = stored.values.data();
  for (std::size_t row = 0; row < stored.row_count(); ++row) {
    std::int32_t* const to = out.row(row);
    for (std::size_t c = 0; c < stored.channels; ++c) {
      const auto fixed = static_cast<std::uint32_t>(round_to_fixed(*from++ * scale));
      to[c] = static_cast<std::int32_t>(fixed - static_cast<std::uint32_t>(centre[c]));
    }
  }
  return out;
}

FixedStoredRows::FixedStoredRows(const StoredRows& stored, float unit, std::span<const std::int32_t> centre) {
  append(std::make_shared<const RowBlock<std::int32_t>>(fixed_rows(stored, unit, centre)), stored.position);
}

void FixedStoredRows::append(std::shared_ptr<const RowBlock<std::int32_t>> rows,
                             std::span<const std::uint32_t> position) {
  for (std::size_t row = 0; row < position.size(); ++row) row_.push_back(rows->row(row));
  position_.insert(position_.end(), position.begin(), position.end());
  parts_.push_back(std::move(rows));
}

}  // namespace actz
