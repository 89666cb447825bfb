#pragma once

#include <span>
#include <utility>
#include <vector>

#include "base/checksum.hpp"
#include "predict/stored_rows.hpp"
#include "rows/enc_match_search.hpp"
#include "rows/step_plan.hpp"

namespace actz {

/// A dictionary to learn or to measure with. Rows that were made of a strand itself would predict it too well, so they
/// are left out for that strand.
struct TrainingDictionary {
  const StoredRows* dictionary = nullptr;  ///< borrowed
  Sha256 digest{};
  /// First row of a training strand, with the rows that the dictionary has of it
  std::vector<std::pair<std::size_t, AddressRange>> of_strand;

  /// For each strand; empty if the dictionary has nothing of any strand.
  std::vector<AddressRange> own_rows(std::span<const Strand> strands) const;
};

}  // namespace actz
