#include "fit/training_rows.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "rows/row_reach.hpp"

namespace actz {

void TrainingRows::rescale(double new_unit) {
  constexpr float kLargest = std::numeric_limits<float>::max();
  const auto factor = static_cast<float>(std::min(unit / new_unit, double{kLargest}));
  int beyond = 0;
  for (float& value : values) {
    value = std::clamp(value * factor, -kLargest, kLargest);
    beyond |= !(std::fabs(value) < kRowReach);
  }
  for (double& value : mean) value *= double{factor};
  all_within_reach = beyond == 0;
  unit = new_unit;
}

const float* TrainingRows::row_within_reach(std::size_t index, float* room) const {
  if (all_within_reach) return row(index);
  std::transform(row(index), row(index) + channels, room, within_reach);
  return room;
}

std::vector<std::span<const Strand>> chunk_groups(std::span<const Strand> strands, std::uint32_t channels,
                                                  std::uint64_t group_values) {
  std::vector<std::span<const Strand>> out;
  std::size_t first = 0;
  std::uint64_t values = 0;
  for (std::size_t i = 0; i < strands.size(); ++i) {
    const std::uint64_t more = std::uint64_t{strands[i].row_count} * channels;
    if (i > first && values + more > group_values) {
      out.push_back(strands.subspan(first, i - first));
      first = i;
      values = 0;
    }
    values += more;
  }
  if (first < strands.size()) out.push_back(strands.subspan(first));
  return out;
}

}  // namespace actz
