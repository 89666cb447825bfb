#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "linear/row_block.hpp"
#include "predict/match_addresses.hpp"
#include "predict/stored_rows.hpp"

namespace actz {

/// The decoded rows of a chunk in fixed-point units, with the stored ones, for later ones to be matched with.
class MatchMemory {
 public:
  /// @param rows    of the chunk.
  /// @param stored  in the units of the tensor, borrowed; null if there are none.
  MatchMemory(std::size_t rows, std::size_t channels, const FixedStoredRows* stored)
      : channels_(channels),
        stored_(stored),
        rows_(rows, channels),
        addresses_(rows, stored != nullptr ? stored->position() : std::span<const std::uint32_t>{}) {}

  const MatchAddresses& addresses() const { return addresses_; }

  /// Takes in the rows of a step.
  void add(std::span<const std::size_t> row, std::span<const std::size_t> position,
           std::span<std::int32_t* const> decoded) {
    for (std::size_t i = 0; i < row.size(); ++i) std::copy_n(decoded[i], channels_, rows_.row(row[i]));
    addresses_.add(row, position);
  }

  /// A row of the chunk that was decoded.
  const std::int32_t* decoded(std::size_t row) const { return rows_.row(row); }
  const std::int32_t* at(std::uint32_t address) const { return row_before(address, 0); }
  /// The row so many before that of an address in its strand; null before the first.
  const std::int32_t* before(std::uint32_t address, std::size_t back) const {
    return addresses_.has_before(address, back) ? row_before(address, back) : nullptr;
  }

 private:
  const std::int32_t* row_before(std::uint32_t address, std::size_t back) const {
    return addresses_.is_stored(address) ? stored_->row(address - back) : rows_.row(addresses_.row_of(address) - back);
  }

  std::size_t channels_;
  const FixedStoredRows* stored_;
  RowBlock<std::int32_t> rows_;
  MatchAddresses addresses_;
};

}  // namespace actz
