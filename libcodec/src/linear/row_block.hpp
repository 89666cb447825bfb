#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "linear/int_linear.hpp"

namespace actz {

/// Rows of equal length, each padded for the kernels, with pointers to hand to them.
template <class T>
class RowBlock {
 public:
  RowBlock() = default;
  RowBlock(std::size_t rows, std::size_t columns)
      : stride_((columns + kLinearPadding - 1) / kLinearPadding * kLinearPadding),
        cells_(rows * stride_ + kLinearPadding) {
    pointers_.reserve(rows);
    for (std::size_t row = 0; row < rows; ++row) pointers_.push_back(cells_.data() + row * stride_);
  }
  RowBlock(RowBlock&&) noexcept = default;
  RowBlock& operator=(RowBlock&&) noexcept = default;
  RowBlock(const RowBlock&) = delete;
  RowBlock& operator=(const RowBlock&) = delete;

  T* row(std::size_t index) { return pointers_[index]; }
  const T* row(std::size_t index) const { return pointers_[index]; }
  std::span<T* const> first(std::size_t count) { return std::span<T* const>(pointers_).first(count); }
  std::span<const T* const> first(std::size_t count) const {
    return {const_cast<const T* const*>(pointers_.data()), count};
  }
  std::size_t rows() const { return pointers_.size(); }
  std::size_t stride() const { return stride_; }
  void clear() { std::fill(cells_.begin(), cells_.end(), T{}); }

 private:
  std::size_t stride_ = 0;
  std::vector<T> cells_;
  std::vector<T*> pointers_;
};

}  // namespace actz
