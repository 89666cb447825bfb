#include <algorithm>
#include <vector>

#include "base/bit_reader.hpp"
#include "pipeline/dec_step_levels.hpp"

namespace actz {
namespace {

constexpr std::int64_t kValueMin = -32768;
constexpr std::int64_t kValueMax = 32767;

/// Value of an escape: side bit, then the Exp-Golomb code of the distance past the coded range.
std::int64_t read_escape(BitReader& bypass, const StaticModel& entropy, unsigned class_index, bool& ok) {
  const SymbolRange& range = entropy.ranges[class_index];
  const bool above = bypass.bits(1) == 1;
  const auto excess = bypass.exp_golomb();
  if (!excess) {  // R-QUAN-02
    ok = false;
    return 0;
  }
  const std::int64_t scale = std::int64_t{1} << range.raw_bits;
  if (above) return (range.lowest + std::int64_t{entropy.escape_symbol(class_index)}) * scale + *excess;
  return range.lowest * scale - 1 - std::int64_t{*excess};
}

/// Symbols of one row to quantised values, with raw bits and escapes from the bypass stream.
bool read_values_with_bypass(const std::uint8_t* symbols, const PreparedModel& model, BitReader& bypass,
                             std::int16_t* values) {
  const StaticModel& entropy = model.model.entropy;
  bool ok = true;
  for (std::size_t k = 0; k < model.symbols_per_row(); ++k) {
    const unsigned class_index = entropy.class_of[k];
    const SymbolRange& range = entropy.ranges[class_index];
    std::int64_t value = 0;
    if (symbols[k] == model.escape[k]) {
      value = read_escape(bypass, entropy, class_index, ok);
    } else {
      const std::int64_t high = std::int64_t{symbols[k]} + range.lowest;
      value = high * (std::int64_t{1} << range.raw_bits) + static_cast<std::int64_t>(bypass.bits(range.raw_bits));
    }
    ok = ok && value >= kValueMin && value <= kValueMax;  // R-QUAN-03
    values[k] = static_cast<std::int16_t>(std::clamp(value, kValueMin, kValueMax));
  }
  return ok;
}

/// The same where no class has raw bits: a plain addition unless an escape occurs in the row.
bool read_values(const std::uint8_t* symbols, const PreparedModel& model, BitReader& bypass, std::int16_t* values) {
  const std::size_t count = model.symbols_per_row();
  if (model.has_raw_bits) return read_values_with_bypass(symbols, model, bypass, values);
  unsigned escapes = 0;
  for (std::size_t k = 0; k < count; ++k) {
    escapes |= static_cast<unsigned>(symbols[k] == model.escape[k]);
    values[k] = static_cast<std::int16_t>(model.lowest[k] + symbols[k]);
  }
  return escapes == 0 || read_values_with_bypass(symbols, model, bypass, values);
}

/// Model kind `static`: the symbols of a step row by row, each coefficient with its class.
class StaticLevels final : public StepLevels {
 public:
  StaticLevels(const ChunkParts& parts, const PreparedModel& model, std::size_t largest_step_rows)
      : model_(model),
        symbols_(largest_step_rows * model.symbols_per_row() + kSymbolPadding),
        decoder_(model.tables, parts.states, parts.words),
        bypass_(parts.bypass) {}

  bool read(std::size_t rows, std::span<const std::int32_t> /*activity*/, RowBlock<std::int16_t>& levels) override {
    const std::size_t r = model_.symbols_per_row();
    if (!decoder_.decode_step(model_.schedule, rows * r, symbols_.data())) return false;  // R-RANS-03
    for (std::size_t i = 0; i < rows; ++i) {
      if (!read_values(&symbols_[i * r], model_, bypass_, levels.row(i))) return false;
    }
    return true;
  }

  BitReader& bypass() override { return bypass_; }

  bool finished() override { return decoder_.finished() && bypass_.at_end(); }  // R-RANS-04, R-CHNK-20

 private:
  const PreparedModel& model_;
  std::vector<std::uint8_t> symbols_;
  RansDecoder decoder_;
  BitReader bypass_;
};

}  // namespace

std::unique_ptr<StepLevels> make_static_levels(const ChunkParts& parts, const PreparedModel& model,
                                               std::size_t largest_step_rows) {
  return std::make_unique<StaticLevels>(parts, model, largest_step_rows);
}

}  // namespace actz
