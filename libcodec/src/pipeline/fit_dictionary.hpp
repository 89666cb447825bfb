#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "actz/result.hpp"
#include "fit/rung_fit.hpp"
#include "fit/training_stored_rows.hpp"

namespace actz {

/// A dictionary of rows to learn from.
struct FittedDictionary {
  std::vector<std::byte> bytes;  ///< payload of DICTIONARY
  std::shared_ptr<const StoredRows> rows;
  TrainingStoredRows training;  ///< borrows `rows`
  bool holds_all_rows = false;  ///< of the training rows, but for what a whole number of strands leaves over
};

/// Codes as many strands of the training rows as fit the budget, spread evenly.
/// @param rows     centred on `centre`; the rows apart to measure on are left out.
/// @param rung     to code them with; it may match rows, but not have a reference.
/// @return nothing if not even one strand fits.
Result<std::optional<FittedDictionary>> fit_dictionary(TrainingRows& rows, const std::vector<double>& centre,
                                                       const RungFit& rung, std::uint64_t budget_bytes);

}  // namespace actz
