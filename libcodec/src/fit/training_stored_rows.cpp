#include "fit/training_stored_rows.hpp"

#include <algorithm>

namespace actz {

std::vector<AddressRange> TrainingStoredRows::own_rows(std::span<const Strand> strands) const {
  std::vector<AddressRange> out;
  if (of_strand.empty()) return out;
  for (const Strand& strand : strands) {
    const auto found = std::find_if(of_strand.begin(), of_strand.end(),
                                    [&](const auto& entry) { return entry.first == strand.first_row; });
    out.push_back(found == of_strand.end() ? AddressRange{} : found->second);
  }
  return out;
}

}  // namespace actz
