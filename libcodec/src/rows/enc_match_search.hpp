#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "linear/aligned_vector.hpp"

namespace actz {

/// Finds the decoded rows of a chunk nearest to a row. Rows are compared by sketches, their leading coefficients: the
/// basis of the innovation holds most of what rows differ by in the first of them.
class MatchSearch {
 public:
  static constexpr std::size_t kSketch = 16;     ///< coefficients, at most
  static constexpr std::size_t kCandidates = 8;  ///< nearest by sketch

  /// The next address.
  /// @param coefficients  of the decoded row.
  void add(const float* coefficients, std::size_t count);

  /// Addresses of the nearest sketches, nearest first; as many as there are, up to kCandidates.
  std::size_t nearest(const float* coefficients, std::size_t count, std::span<std::uint32_t, kCandidates> out) const;

 private:
  AlignedVector<float> sketches_;  ///< blocks of addresses: [block][coefficient, squared norm][address]
  std::size_t size_ = 0;
};

}  // namespace actz
