#include "rows/enc_row_search.hpp"

namespace actz {

RowSearch::RowSearch(const MatchModel& model, std::size_t channels, std::size_t coefficients,
                     const StoredSearch* stored, std::span<const AddressRange> left_out)
    : model_(model),
      channels_(channels),
      coefficient_count_(coefficients),
      kernels_(match_kernels()),
      stored_(stored != nullptr ? &stored->search : nullptr),
      left_out_(left_out),
      search_(stored != nullptr ? static_cast<std::uint32_t>(stored->rows.size()) : 0) {}

NearestSketches RowSearch::candidates(std::uint32_t strand, const float* coefficients) const {
  NearestSketches out;
  const AddressRange left_out = left_out_.empty() ? AddressRange{} : left_out_[strand];
  if (stored_ != nullptr) stored_->find(coefficients, coefficient_count_, out, left_out);
  search_.find(coefficients, coefficient_count_, out);
  return out;
}

NearestRows RowSearch::nearest(const MatchMemory& memory, std::span<const std::uint32_t> addresses,
                               const float* row) const {
  NearestRows out;
  for (const std::uint32_t address : addresses) {
    const float distance = kernels_.squared_distance(row, memory.at(address), channels_);
    if (distance < out.worst()) out.insert(distance, address);
  }
  return out;
}

std::uint8_t RowSearch::nearest_class(const float* row, const std::int32_t* matched) const {
  std::uint8_t best = 0;
  float best_left = std::numeric_limits<float>::infinity();
  for (unsigned match_class = 1; match_class <= model_.classes; ++match_class) {
    const float left = kernels_.squared_left(row, matched, model_.gain_of(match_class, channels_), channels_);
    if (left >= best_left) continue;
    best_left = left;
    best = static_cast<std::uint8_t>(match_class);
  }
  return best;
}

}  // namespace actz
