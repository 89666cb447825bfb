#include "predict/reference.hpp"

#include "linear/matrix_columns.hpp"
#include "predict/fixed_point.hpp"

namespace actz {
ReferencePredictor::ReferencePredictor(const Reference& reference, std::uint32_t channels)
    : centre_(reference.centre), input_shift_(reference.input_shift), output_shift_(reference.output_shift) {
  for (std::size_t i = 0; i < reference.rows; ++i) {
    by_row_.emplace_back(channels, reference.channels,
                         columns_of(reference.matrix, std::size_t{reference.rows} * reference.channels,
                                    i * reference.channels, reference.channels));
  }
}

RowBlock<std::int16_t> ReferencePredictor::inputs(std::span<const float> elements, float scale) const {
  const std::size_t channels = centre_.size();
  RowBlock<std::int16_t> out(elements.size() / channels, channels);
  std::vector<std::int32_t> fixed(channels);
  for (std::size_t row = 0; row < out.rows(); ++row) {
    const float* from = &elements[row * channels];
    for (std::size_t c = 0; c < channels; ++c) fixed[c] = round_to_fixed((from[c] - centre_[c]) * scale);
    round_shift_saturate(fixed.data(), input_shift_.data(), out.row(row), channels);
  }
  return out;
}

void ReferencePredictor::add(const RowBlock<std::int16_t>& inputs, std::span<const std::size_t> row,
                             std::span<const std::size_t> position, std::span<std::int32_t* const> acc) const {
  const std::size_t channels = output_shift_.size();
  RowBlock<std::int32_t> sums(row.size(), channels);
  std::vector<const std::int16_t*> from;
  std::vector<std::int32_t*> to;
  for (std::size_t back = 0; back < by_row_.size(); ++back) {
    from.clear();
    to.clear();
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (position[i] < back) continue;
      from.push_back(inputs.row(row[i] - back));
      to.push_back(sums.row(i));
    }
    if (!from.empty()) accumulate(by_row_[back], from, to);
  }
  for (std::size_t i = 0; i < acc.size(); ++i) {
    std::int32_t* sum = sums.row(i);
    round_shift(sum, output_shift_.data(), channels);
    for (std::size_t c = 0; c < channels; ++c) {
      acc[i][c] = static_cast<std::int32_t>(static_cast<std::uint32_t>(acc[i][c]) + static_cast<std::uint32_t>(sum[c]));
    }
  }
}

}  // namespace actz
