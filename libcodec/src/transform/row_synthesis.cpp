#include "transform/row_synthesis.hpp"

#include <algorithm>

#include "linear/row_block.hpp"

namespace actz {

RowSynthesis::RowSynthesis(const Synthesis& synthesis, std::uint32_t channels)
    : kind_(synthesis.kind), channels_(channels), shift_(channels, synthesis.shift) {
  if (kind_ == SynthesisKind::diagonal) {
    diagonal_ = synthesis.matrix;
    return;
  }
  const std::size_t width = kind_ == SynthesisKind::block ? synthesis.block_channels : channels_;
  std::size_t coefficient = 0;
  std::size_t element = 0;
  for (std::size_t first = 0, index = 0; first < channels_; first += width, ++index) {
    const std::size_t rows = std::min(width, channels_ - first);
    const std::size_t columns =
        kind_ == SynthesisKind::block ? synthesis.block_coefficients[index] : synthesis.coefficients;
    blocks_.push_back({first, coefficient,
                       PackedMatrix(rows, columns, std::span(synthesis.matrix).subspan(element, rows * columns))});
    coefficient += columns;
    element += rows * columns;
  }
}

void RowSynthesis::add_blocks(std::span<const std::int16_t* const> quantised,
                              std::span<std::int32_t* const> acc) const {
  // A block's inputs and outputs need the kernels' padding, which neighbours in the row do not give.
  std::vector<const std::int16_t*> inputs(quantised.size());
  for (const Block& block : blocks_) {
    if (block.matrix.inputs() == 0) continue;
    RowBlock<std::int16_t> in(quantised.size(), block.matrix.inputs());
    RowBlock<std::int32_t> out(acc.size(), block.matrix.outputs());
    std::vector<std::int32_t*> outputs(acc.size());
    for (std::size_t i = 0; i < quantised.size(); ++i) {
      std::copy_n(quantised[i] + block.first_coefficient, block.matrix.inputs(), in.row(i));
      inputs[i] = in.row(i);
      outputs[i] = out.row(i);
      std::copy_n(acc[i] + block.first_channel, block.matrix.outputs(), outputs[i]);
    }
    accumulate(block.matrix, inputs, outputs);
    for (std::size_t i = 0; i < acc.size(); ++i) {
      std::copy_n(outputs[i], block.matrix.outputs(), acc[i] + block.first_channel);
    }
  }
}

void RowSynthesis::reconstruct(std::span<const std::int16_t* const> quantised,
                               std::span<std::int32_t* const> acc) const {
  if (kind_ == SynthesisKind::diagonal) {
    for (std::size_t i = 0; i < acc.size(); ++i) {
      for (std::size_t c = 0; c < channels_; ++c) {
        const auto product = static_cast<std::uint32_t>(std::int32_t{diagonal_[c]} * quantised[i][c]);
        acc[i][c] = static_cast<std::int32_t>(static_cast<std::uint32_t>(acc[i][c]) + product);
      }
    }
  } else if (kind_ == SynthesisKind::dense) {
    if (blocks_.front().matrix.inputs() != 0) accumulate(blocks_.front().matrix, quantised, acc);
  } else {
    add_blocks(quantised, acc);
  }
  for (std::int32_t* row : acc) round_shift(row, shift_.data(), channels_);
}

}  // namespace actz
