#include <cstdlib>
#include <vector>

#include "base/bit_reader.hpp"
#include "pipeline/dec_step_levels.hpp"
#include "quantize/dependent.hpp"

namespace actz {
namespace {

/// Model kind `context`: the symbols of a step coefficient by coefficient, each for all rows of the step.
class ContextLevels final : public StepLevels {
 public:
  ContextLevels(const ChunkParts& parts, const PreparedModel& model, std::size_t largest_step_rows)
      : context_(model.model.context),
        state_bits_(model.model.state_bits),
        lanes_(*model.context_lanes),
        rows_(largest_step_rows),
        stride_((largest_step_rows + 15) / 16 * 16),
        symbols_(largest_step_rows + kSymbolPadding),
        levels_(context_.coefficients() * stride_),
        decoder_(model.tables, parts.states, parts.words),
        bypass_(parts.bypass) {}

  bool read(std::size_t rows, std::span<const std::int32_t> activity, RowBlock<std::int16_t>& levels) override {
    if (rows == 1) return read_row(activity.empty() ? kActivityStart : activity[0], levels.row(0));
    lanes_.start(rows_, rows, activity);
    const TableSchedule schedule{rows_.table_offset.data(), std::max<std::size_t>(rows, kMaxLanes)};
    for (std::size_t k = 0; k < context_.coefficients(); ++k) {
      if (!decoder_.decode_step(schedule, rows, symbols_.data())) return false;  // R-RANS-03
      const bool has_escape = ContextLanes::indices(symbols_.data(), rows, rows_.index.data());
      if ((has_escape || context_.raw_bits[k] > 0) && !read_bypass(k, rows)) return false;
      lanes_.advance(rows_, k, rows, &levels_[k * stride_]);
    }
    transpose(rows, levels);
    return true;
  }

  BitReader& bypass() override { return bypass_; }

  bool finished() override { return decoder_.finished() && bypass_.at_end(); }  // R-RANS-04, R-CHNK-20

 private:
  /// Completes the indices of a coefficient: excess of escapes, then raw bits, row by row.
  bool read_bypass(std::size_t coefficient, std::size_t rows) {
    for (std::size_t i = 0; i < rows; ++i) {
      const std::uint32_t table = rows_.table_offset[i] >> context_.tables.precision_bits;
      if (!complete_index(coefficient, table, symbols_[i], rows_.index[i])) return false;
    }
    return true;
  }

  bool complete_index(std::size_t coefficient, std::uint32_t table, std::uint8_t symbol, std::int32_t& out) {
    const unsigned raw_bits = context_.raw_bits[coefficient];
    const std::int64_t limit = state_bits_ > 0 ? 16383 : 32767;  // the level is an int16
    std::int64_t index = out;
    if (symbol == ContextModel::kEscapeSymbol) {
      const auto excess = bypass_.exp_golomb();
      if (!excess || *excess > 0xFFFF) return false;  // R-QUAN-02; such an excess leaves the range of an index
      index = unzigzag(*excess + context_.code_count[table]);
    }
    index = index * (std::int64_t{1} << raw_bits) + static_cast<std::int64_t>(bypass_.bits(raw_bits));
    if (index < -limit || index > limit) return false;  // R-QUAN-04
    out = static_cast<std::int32_t>(index);
    return true;
  }

  /// One row alone, as in packets: lanes side by side would be idle but for one.
  bool read_row(std::int32_t activity, std::int16_t* levels) {
    unsigned state = 0;
    for (std::size_t k = 0; k < context_.coefficients(); ++k) {
      const unsigned quantizer = quantizer_of(state);
      const std::uint32_t table = context_.table(k, context_.bin_of(activity), quantizer);
      std::uint8_t symbol = 0;
      if (!decoder_.decode_single(table << context_.tables.precision_bits, symbol)) return false;  // R-RANS-03
      std::int32_t index = unzigzag(symbol);
      const unsigned raw_bits = context_.raw_bits[k];
      if ((symbol == ContextModel::kEscapeSymbol || raw_bits > 0) && !complete_index(k, table, symbol, index))
        return false;
      levels[k] = static_cast<std::int16_t>(state_bits_ == 0 ? index : dependent_level(index, quantizer));
      activity = next_activity(activity, std::abs(index >> raw_bits), context_.weight[k]);
      state = next_state(state, index, state_bits_);
    }
    return true;
  }

  void transpose(std::size_t rows, RowBlock<std::int16_t>& levels) const {
    const std::size_t r = context_.coefficients();
    for (std::size_t i = 0; i < rows; ++i) {
      std::int16_t* to = levels.row(i);
      for (std::size_t k = 0; k < r; ++k) to[k] = levels_[k * stride_ + i];
    }
  }

  const ContextModel& context_;
  unsigned state_bits_;
  const ContextLanes& lanes_;
  ContextLanes::Rows rows_;
  std::size_t stride_;
  std::vector<std::uint8_t> symbols_;
  std::vector<std::int16_t> levels_;  ///< [coefficient][row]
  RansDecoder decoder_;
  BitReader bypass_;
};

}  // namespace

std::unique_ptr<StepLevels> make_context_levels(const ChunkParts& parts, const PreparedModel& model,
                                                std::size_t largest_step_rows) {
  return std::make_unique<ContextLevels>(parts, model, largest_step_rows);
}

}  // namespace actz
