#pragma once

#include <cstdint>
#include <vector>

namespace actz {

/// A layer of integers without bias, so that rows twice as large give outputs twice as large:
/// output = clamp(round_shift(Σ weight · input, shift), 0, 32767), the sum modulo 2^32.
struct NetworkLayer {
  std::uint16_t outputs = 0;
  std::vector<std::uint8_t> shift;   ///< outputs
  std::vector<std::int8_t> weights;  ///< outputs × inputs, row-major
};

/// A small network that predicts a row from the same rows as the linear predictor does, beside it
/// (format_spec/04_transforms.md). Its inputs are rows of `channels` integers of 16 bits, one after the other: the
/// decoded rows at the lags, then, if the model matches rows, the matched row and the rows so many before it.
struct Network {
  std::vector<NetworkLayer> layers;        ///< empty: there is none
  std::vector<std::uint8_t> output_shift;  ///< channels; brings sums to the precision of the synthesis
  std::vector<std::int16_t> matrix;        ///< channels × outputs of the last layer, row-major

  std::size_t features() const { return layers.empty() ? 0 : layers.back().outputs; }
  static std::size_t rows_seen(std::size_t lags, bool matched) { return matched ? 2 * lags + 1 : lags; }
};

}  // namespace actz
