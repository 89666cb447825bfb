#pragma once

#include <span>
#include <utility>
#include <vector>

#include "base/checksum.hpp"
#include "predict/stored_rows.hpp"
#include "rows/enc_match_search.hpp"
#include "rows/step_plan.hpp"

namespace actz {

/// Stored rows to learn or to measure with. Those that were made of a strand itself would predict it too well, so they
/// are left out for that strand.
struct TrainingStoredRows {
  const StoredRows* rows = nullptr;  ///< borrowed
  Sha256 digest{};                   ///< of the dictionary that they are of, if of one
  /// First row of a training strand, with the stored rows that were made of it
  std::vector<std::pair<std::size_t, AddressRange>> of_strand;

  /// For each strand; empty if none was made of any strand.
  std::vector<AddressRange> own_rows(std::span<const Strand> strands) const;
};

}  // namespace actz
