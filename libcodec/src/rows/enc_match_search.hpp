#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "linear/aligned_vector.hpp"

namespace actz {

struct NearestSketches;

/// Finds the decoded rows nearest to a row. Rows are compared by sketches, their leading coefficients: the basis of the
/// innovation holds most of what rows differ by in the first of them. Sketches are kept in cells, each of those nearest
/// to its pivot, the first of them; only the cells of the nearest pivots are searched, so a few rows are missed.
class MatchSearch {
 public:
  static constexpr std::size_t kSketch = 16;     ///< coefficients, at most
  static constexpr std::size_t kCandidates = 8;  ///< nearest by sketch

  /// The next address.
  /// @param coefficients  of the decoded row.
  void add(const float* coefficients, std::size_t count);

  /// Addresses of the nearest sketches, nearest first; as many as there are in the cells, up to kCandidates.
  std::size_t nearest(const float* coefficients, std::size_t count, std::span<std::uint32_t, kCandidates> out) const;

 private:
  /// Sketches with their numbers.
  struct Cell {
    AlignedVector<float> sketches;  ///< blocks of rows: [block][coefficient, squared norm][row]
    std::vector<std::uint32_t> number;
    void add(std::uint32_t number_of_it, const float* coefficients, std::size_t count, float norm);
    void scan(const float* coefficients, std::size_t count, NearestSketches& best) const;
  };

  Cell pivots_;              ///< numbered as the cells
  std::vector<Cell> cells_;  ///< numbered by address
  std::uint32_t size_ = 0;
  std::size_t findable_ = 0;  ///< of them: those whose squares are finite
};

}  // namespace actz
