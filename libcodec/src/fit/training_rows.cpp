#include "fit/training_rows.hpp"

namespace actz {
void TrainingRows::rescale(double new_unit) {
  const auto factor = static_cast<float>(unit / new_unit);
  for (float& value : values) value *= factor;
  unit = new_unit;
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
