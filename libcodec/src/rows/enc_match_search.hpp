#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "linear/aligned_vector.hpp"

namespace actz {

/// The nearest so far, in order.
template <std::size_t Most>
struct Nearest {
  static constexpr std::size_t kMost = Most;

  float distance[kMost];
  std::uint32_t number[kMost];
  std::size_t count = 0;

  float worst() const { return count < kMost ? std::numeric_limits<float>::infinity() : distance[count - 1]; }
  void insert(float value, std::uint32_t which) {
    if (count < kMost) ++count;
    std::size_t place = count - 1;
    for (; place > 0 && distance[place - 1] > value; --place) {
      distance[place] = distance[place - 1];
      number[place] = number[place - 1];
    }
    distance[place] = value;
    number[place] = which;
  }
};
using NearestSketches = Nearest<8>;

/// Consecutive addresses.
struct AddressRange {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  bool holds(std::uint32_t address) const { return address - first < count; }
};

/// Finds the decoded rows nearest to a row. Rows are compared by sketches, their leading coefficients: the basis of the
/// innovation holds most of what rows differ by in the first of them. Sketches are kept in cells, each of those nearest
/// to its pivot, the first of them; only the cells of the nearest pivots are searched, so a few rows are missed.
class MatchSearch {
 public:
  static constexpr std::size_t kSketch = 16;  ///< coefficients, at most

  /// @param first_address  of the rows to come.
  explicit MatchSearch(std::uint32_t first_address = 0) : next_address_(first_address) {}

  /// The next address.
  /// @param coefficients  of the decoded row.
  void add(const float* coefficients, std::size_t count);

  /// Puts the addresses of the nearest sketches among the best so far, which all must come from the same row.
  /// @param left_out  addresses that do not count.
  void find(const float* coefficients, std::size_t count, NearestSketches& best, AddressRange left_out = {}) const;

 private:
  /// Sketches with their numbers.
  struct Cell {
    AlignedVector<float> sketches;  ///< blocks of rows: [block][coefficient, squared norm][row]
    std::vector<std::uint32_t> number;
    void add(std::uint32_t number_of_it, const float* coefficients, std::size_t count, float norm);
    void scan(const float* coefficients, std::size_t count, NearestSketches& best, AddressRange left_out = {}) const;
  };

  Cell pivots_;              ///< numbered as the cells
  std::vector<Cell> cells_;  ///< numbered by address
  std::uint32_t next_address_;
  std::size_t findable_ = 0;  ///< rows whose squares are finite
};

}  // namespace actz
