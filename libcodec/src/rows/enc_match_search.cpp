#include "rows/enc_match_search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "rows/enc_match_scan.hpp"

namespace actz {
namespace {

constexpr std::size_t kCellRows = 128;  ///< of a cell, on average

float squared_norm(const float* coefficients, std::size_t count) {
  float sum = 0;
  for (std::size_t k = 0; k < count; ++k) sum += coefficients[k] * coefficients[k];
  return sum;
}

}  // namespace

void MatchSearch::Cell::add(std::uint32_t number_of_it, const float* coefficients, std::size_t count, float norm) {
  const std::size_t lane = number.size() % kScanBlock;
  if (lane == 0) sketches.resize(sketches.size() + kScanBlockFloats, 0.0F);
  float* const block = &sketches[number.size() / kScanBlock * kScanBlockFloats];
  float* const norms = block + kSketch * kScanBlock;
  if (lane == 0) std::fill_n(norms, kScanBlock, std::numeric_limits<float>::infinity());
  for (std::size_t k = 0; k < count; ++k) block[k * kScanBlock + lane] = coefficients[k];
  norms[lane] = norm;
  number.push_back(number_of_it);
}

void MatchSearch::Cell::scan(const float* coefficients, std::size_t count, NearestSketches& best,
                             AddressRange left_out) const {
  float row[kSketch];
  for (std::size_t k = 0; k < count; ++k) row[k] = -2 * coefficients[k];
  match_kernels().scan(sketches.data(), number.data(), number.size(), row, count, left_out, best);
}

void MatchSearch::add(const float* coefficients, std::size_t count) {
  const std::uint32_t address = next_address_++;
  const std::size_t used = std::min(count, kSketch);
  const float norm = squared_norm(coefficients, used);
  if (!std::isfinite(norm)) return;
  NearestSketches nearest;
  pivots_.scan(coefficients, used, nearest);
  const bool own_cell = findable_++ % kCellRows == 0 || nearest.count == 0;
  if (own_cell) {
    pivots_.add(static_cast<std::uint32_t>(cells_.size()), coefficients, used, norm);
    cells_.emplace_back();
  }
  Cell& cell = own_cell ? cells_.back() : cells_[nearest.number[0]];
  cell.add(address, coefficients, used, norm);
}

void MatchSearch::find(const float* coefficients, std::size_t count, NearestSketches& best,
                       AddressRange left_out) const {
  const std::size_t used = std::min(count, kSketch);
  NearestSketches cells;
  pivots_.scan(coefficients, used, cells);
  for (std::size_t i = 0; i < cells.count; ++i) cells_[cells.number[i]].scan(coefficients, used, best, left_out);
}

}  // namespace actz
