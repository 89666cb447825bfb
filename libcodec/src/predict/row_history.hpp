#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "linear/row_block.hpp"

namespace actz {

/// The last rows of every strand of a chunk, as the predictor sees them: saturated to int16.
/// Strands advance in lockstep, so one row index serves all.
class RowHistory {
 public:
  /// @param depth  longest lag; 0 keeps nothing.
  RowHistory(std::size_t strands, std::size_t channels, std::size_t depth) {
    for (std::size_t i = 0; i < depth; ++i) ring_.emplace_back(strands, channels);
  }
  /// Where row t of a strand is to be stored; row t − depth is overwritten.
  std::int16_t* slot(std::size_t t, std::size_t strand) { return ring_[t % ring_.size()].row(strand); }
  /// Row t of a strand; t must be one of the last `depth` rows.
  const std::int16_t* row(std::size_t t, std::size_t strand) const { return ring_[t % ring_.size()].row(strand); }
  bool empty() const { return ring_.empty(); }

 private:
  std::vector<RowBlock<std::int16_t>> ring_;
};

}  // namespace actz
