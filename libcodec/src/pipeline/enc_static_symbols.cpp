#include "base/bit_writer.hpp"
#include "pipeline/enc_chunk.hpp"
#include "pipeline/enc_symbols.hpp"

namespace actz {
namespace {

/// Model kind `static`: the symbols of a step row by row.
class StaticSymbolCoder final : public SymbolCoder {
 public:
  explicit StaticSymbolCoder(const CodecModel& model) : model_(model), tables_(model.entropy.tables) {
    std::vector<std::uint32_t> pattern;
    for (const std::uint8_t class_index : model.entropy.class_of) pattern.push_back(EncodeTables::table_offset(class_index));
    if (!pattern.empty()) schedule_ = make_schedule(pattern, schedule_storage_);
  }

  std::optional<CodedSymbols> code(std::span<const std::int16_t> levels, const ChunkLayout& layout, ChunkHeader& header) const override {
    const std::size_t r = model_.synthesis.coefficients;
    const StepPlan plan(layout.strands, model_.predictor.kind != PredictorKind::none);
    std::vector<std::uint8_t> symbols;
    symbols.reserve(levels.size() + kSymbolPadding);
    std::vector<std::size_t> step_symbols;
    BitWriter bypass;
    bool codable = true;
    StepRows step;
    for (std::size_t index = 0; index < plan.step_count(); ++index) {
      plan.rows_of(index, step);
      for (const std::size_t row : step.row) {
        for (std::size_t k = 0; k < r; ++k) symbols.push_back(symbol_of(levels[row * r + k], k, bypass, codable));
      }
      step_symbols.push_back(step.row.size() * r);
    }
    if (!codable) return std::nullopt;
    const std::size_t count = symbols.size();
    symbols.resize(count + kSymbolPadding);
    CodedSymbols out;
    entropy_code(tables_, schedule_, std::span(symbols).first(count), step_symbols, header, out.states_and_words);
    out.bypass = bypass.finish();
    header.bypass_bytes = static_cast<std::uint32_t>(out.bypass.size());
    return out;
  }

 private:
  std::uint8_t symbol_of(int value, std::size_t coefficient, BitWriter& bypass, bool& codable) const {
    const unsigned class_index = model_.entropy.class_of[coefficient];
    const SymbolRange& range = model_.entropy.ranges[class_index];
    const ClassFrequencies& frequencies = model_.entropy.tables.classes[class_index];
    const int escape = static_cast<int>(frequencies.size()) - 1;
    const int symbol = (value >> range.raw_bits) - range.lowest;
    if (symbol >= 0 && symbol < escape && frequencies[static_cast<std::size_t>(symbol)] > 0) {
      if (range.raw_bits > 0) bypass.bits(static_cast<std::uint64_t>(value) & ((1u << range.raw_bits) - 1), range.raw_bits);
      return static_cast<std::uint8_t>(symbol);
    }
    const int low = range.lowest * (1 << range.raw_bits);
    const int end = (range.lowest + escape) * (1 << range.raw_bits);
    if ((value >= low && value < end) || frequencies.back() == 0) {
      codable = false;
      return 0;
    }
    bypass.bits(value >= end ? 1 : 0, 1);
    bypass.exp_golomb(static_cast<std::uint32_t>(value >= end ? value - end : low - 1 - value));
    return static_cast<std::uint8_t>(escape);
  }

  const CodecModel& model_;
  EncodeTables tables_;
  TableSchedule schedule_;
  std::vector<std::uint32_t> schedule_storage_;
};

}  // namespace

std::unique_ptr<SymbolCoder> make_static_symbol_coder(const CodecModel& model) {
  return std::make_unique<StaticSymbolCoder>(model);
}

}  // namespace actz
