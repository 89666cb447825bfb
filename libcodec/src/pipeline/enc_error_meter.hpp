#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "container/fields.hpp"
#include "container/patches.hpp"
#include "pipeline/enc_chunk.hpp"

namespace actz {

/// Compares what a decoder will see of a chunk with the input, row by row while both are at hand, and patches elements
/// whose error is not finite or beyond a bound.
class ErrorMeter {
 public:
  /// @param centre    the model's, in units of the tensor.
  /// @param elements  of the chunk; borrowed.
  /// @param decoded   what a decoder will see, patches excepted; borrowed, and patched.
  ErrorMeter(const TensorHeader& tensor, std::span<const std::int32_t> centre, double max_error,
             std::span<const std::byte> elements, std::span<std::byte> decoded);

  /// @param row  of the chunk, decoded by now; every row once, in any order.
  void measure(std::size_t row);
  /// Fills in the statistics. The patches are in ascending order.
  PatchList finish(ChunkStatistics& statistics);

 private:
  template <class Float>
  void measure_as(std::size_t row, std::vector<Float>& original, std::vector<Float>& decoded);
  /// Patches what is beyond the limit, on either side.
  template <class Float>
  void patch(std::size_t row, std::vector<Float>& original, std::vector<Float>& decoded);

  DType dtype_;
  double limit_;
  std::span<const std::byte> elements_;
  std::span<std::byte> decoded_;
  std::vector<std::size_t> patched_;  ///< elements
  std::vector<float> narrow_[2];      ///< room for a row of either side, f64 excepted
  std::vector<double> wide_[2];

  // For each channel:
  std::vector<double> centre_;
  std::vector<double> squared_error_;
  std::vector<double> largest_error_;
  std::vector<double> sum_;  ///< of what is centred
  std::vector<double> square_sum_;
};

}  // namespace actz
