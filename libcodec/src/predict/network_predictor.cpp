#include "predict/network_predictor.hpp"

#include <algorithm>
#include <utility>

#include "linear/matrix_columns.hpp"

namespace actz {

NetworkPredictor::NetworkPredictor(const Network& network, std::size_t channels, std::size_t rows_seen)
    : output_(channels, network.features(), network.matrix), output_shift_(network.output_shift) {
  std::size_t inputs = rows_seen * channels;
  for (const NetworkLayer& layer : network.layers) {
    const std::vector<std::int16_t> weights(layer.weights.begin(), layer.weights.end());
    layers_.push_back({{}, layer.shift});
    if (layers_.size() > 1) {
      layers_.back().matrix = PackedMatrix(layer.outputs, inputs, weights);
    } else {
      for (std::size_t i = 0; i < rows_seen; ++i)
        first_.emplace_back(layer.outputs, channels, columns_of(weights, inputs, i * channels, channels));
    }
    inputs = layer.outputs;
  }
}

RowBlock<std::int16_t> NetworkPredictor::features(const Inputs& inputs) const {
  const std::size_t rows = inputs.front().size();
  RowBlock<std::int16_t> out;
  std::vector<const std::int16_t*> from;
  std::vector<std::int32_t*> to;
  for (std::size_t number = 0; number < layers_.size(); ++number) {
    const Layer& layer = layers_[number];
    const std::size_t outputs = layer.shift.size();
    RowBlock<std::int32_t> sums(rows, outputs);
    if (number > 0) accumulate(layer.matrix, std::as_const(out).first(rows), sums.first(rows));
    for (std::size_t seen = 0; number == 0 && seen < first_.size(); ++seen) {
      from.clear();
      to.clear();
      for (std::size_t i = 0; i < rows; ++i) {
        if (inputs[seen][i] == nullptr) continue;
        from.push_back(inputs[seen][i]);
        to.push_back(sums.row(i));
      }
      if (!from.empty()) accumulate(first_[seen], from, to);
    }
    out = RowBlock<std::int16_t>(rows, outputs);
    for (std::size_t i = 0; i < rows; ++i) {
      round_shift_saturate(sums.row(i), layer.shift.data(), out.row(i), outputs);
      for (std::size_t o = 0; o < outputs; ++o) out.row(i)[o] = std::max<std::int16_t>(out.row(i)[o], 0);
    }
  }
  return out;
}

void NetworkPredictor::add(const Inputs& inputs, std::span<std::int32_t* const> acc) const {
  const std::size_t channels = output_shift_.size();
  const RowBlock<std::int16_t> last = features(inputs);
  RowBlock<std::int32_t> sums(acc.size(), channels);
  accumulate(output_, last.first(acc.size()), sums.first(acc.size()));
  for (std::size_t i = 0; i < acc.size(); ++i) {
    std::int32_t* const sum = sums.row(i);
    round_shift(sum, output_shift_.data(), channels);
    for (std::size_t c = 0; c < channels; ++c) {
      acc[i][c] = static_cast<std::int32_t>(static_cast<std::uint32_t>(acc[i][c]) + static_cast<std::uint32_t>(sum[c]));
    }
  }
}

}  // namespace actz
