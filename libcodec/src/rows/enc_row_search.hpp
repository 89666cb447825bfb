#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "predict/match.hpp"
#include "predict/match_memory.hpp"
#include "predict/stored_rows.hpp"
#include "rows/enc_match_scan.hpp"
#include "rows/enc_match_search.hpp"

namespace actz {

/// Stored rows as an encoder uses them with one model and unit.
struct StoredSearch {
  FixedStoredRows rows;
  MatchSearch search;
};

/// Addresses of the nearest rows.
struct NearestRows : Nearest<3> {
  std::span<const std::uint32_t> addresses() const { return {number, count}; }
  std::uint32_t first() const { return count > 0 ? number[0] : MatchAddresses::kNone; }
};

/// Finds the row that is nearest to a row, among the stored rows and those of a chunk so far, and the match class that
/// suits both.
class RowSearch {
 public:
  /// All borrowed.
  /// @param stored    null: none.
  /// @param left_out  for each strand, stored rows that it must not be matched with; empty: none.
  RowSearch(const MatchModel& model, std::size_t channels, std::size_t coefficients, const StoredSearch* stored,
            std::span<const AddressRange> left_out);

  /// Addresses that the nearest row is likely to be among.
  NearestSketches candidates(std::uint32_t strand, const float* coefficients) const;
  /// The nearest of some addresses; those whose distance is no number are left out.
  NearestRows nearest(const MatchMemory& memory, std::span<const std::uint32_t> addresses, const float* row) const;
  /// The class whose gains leave least of a row.
  std::uint8_t nearest_class(const float* row, const std::int32_t* matched) const;
  /// Takes in the row of the next address.
  void add(const float* coefficients) { search_.add(coefficients, coefficient_count_); }

 private:
  const MatchModel& model_;
  std::size_t channels_;
  std::size_t coefficient_count_;
  const MatchKernels& kernels_;
  const MatchSearch* stored_;
  std::span<const AddressRange> left_out_;
  MatchSearch search_;  ///< among the rows of the chunk
};

}  // namespace actz
