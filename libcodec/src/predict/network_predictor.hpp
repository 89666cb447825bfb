#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "linear/int_linear.hpp"
#include "linear/row_block.hpp"
#include "predict/network.hpp"

namespace actz {

/// A Network made ready to run. Encoder and decoder run the same code.
class NetworkPredictor {
 public:
  /// @param network    with layers.
  /// @param rows_seen  rows of `channels` inputs.
  NetworkPredictor(const Network& network, std::size_t channels, std::size_t rows_seen);

  /// For each of the rows seen, one for each row to predict; null: zeros.
  using Inputs = std::vector<std::vector<const std::int16_t*>>;

  /// The outputs of the last layer for each row.
  RowBlock<std::int16_t> features(const Inputs& inputs) const;

  /// Adds to acc[i] the prediction of row i, with the precision of the synthesis.
  void add(const Inputs& inputs, std::span<std::int32_t* const> acc) const;

  std::size_t rows_seen() const { return first_.size(); }

 private:
  struct Layer {
    PackedMatrix matrix;  ///< empty in the first one, whose parts are first_
    std::vector<std::uint8_t> shift;
  };
  std::vector<PackedMatrix> first_;  ///< of the first layer: a part for each row seen
  std::vector<Layer> layers_;
  PackedMatrix output_;
  std::vector<std::uint8_t> output_shift_;
};

}  // namespace actz
