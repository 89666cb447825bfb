#include <algorithm>

#include "base/bit_writer.hpp"
#include "pipeline/enc_chunk.hpp"
#include "pipeline/enc_matches.hpp"
#include "pipeline/enc_symbols.hpp"

namespace actz {
namespace {

/// Model kind `static`: the symbols of a step row by row.
class StaticSymbolCoder final : public SymbolCoder {
 public:
  explicit StaticSymbolCoder(const CodecModel& model) : model_(model), tables_(model.entropy.tables) {
    std::vector<std::uint32_t> pattern;
    for (const std::uint8_t class_index : model.entropy.class_of)
      pattern.push_back(EncodeTables::table_offset(class_index));
    if (!pattern.empty()) schedule_ = make_schedule(pattern, schedule_storage_);
    for (const std::uint8_t class_index : model.entropy.class_of) {
      const SymbolRange& range = model.entropy.ranges[class_index];
      const ClassFrequencies& frequencies = model.entropy.tables.classes[class_index];
      const bool every_symbol = std::find(frequencies.begin(), frequencies.end() - 1, 0) == frequencies.end() - 1;
      plain_ = plain_ && range.raw_bits == 0 && every_symbol;
      lowest_.push_back(static_cast<std::int16_t>(range.lowest));
      escape_.push_back(static_cast<std::int16_t>(frequencies.size() - 1));
    }
  }

  std::optional<CodedSymbols> code(std::span<const std::int16_t> levels, const ChunkMatches& matches,
                                   const ChunkLayout& layout, ChunkHeader& header) const override {
    MatchWriter match_writer(model_.match, layout, matches);
    const std::size_t r = model_.synthesis.coefficients;
    const StepPlan plan(layout.strands, model_.in_lockstep());
    std::vector<std::uint8_t> symbols(levels.size() + kSymbolPadding);
    std::vector<std::size_t> step_symbols;
    BitWriter bypass;
    bool codable = true;
    std::size_t count = 0;
    StepRows step;
    for (std::size_t index = 0; index < plan.step_count(); ++index) {
      plan.rows_of(index, step);
      match_writer.write(step, bypass);
      for (const std::size_t row : step.row) {
        row_symbols(&levels[row * r], &symbols[count], bypass, codable);
        count += r;
      }
      step_symbols.push_back(step.row.size() * r);
    }
    if (!codable) return std::nullopt;
    CodedSymbols out;
    entropy_code(tables_, schedule_, std::span(symbols).first(count), step_symbols, header, out.states_and_words);
    out.bypass = bypass.finish();
    out.match_bits = match_writer.bits_written();
    header.bypass_bytes = static_cast<std::uint32_t>(out.bypass.size());
    return out;
  }

 private:
  /// Level less the lowest of its class, unless one of the row needs an escape or bypass bits.
  void row_symbols(const std::int16_t* levels, std::uint8_t* symbols, BitWriter& bypass, bool& codable) const {
    const std::size_t r = lowest_.size();
    bool outside = !plain_;
    if (plain_) {
      const std::int16_t* const lowest = lowest_.data();
      const std::int16_t* const escape = escape_.data();
      int escapes = 0;
      for (std::size_t k = 0; k < r; ++k) {
        const int symbol = levels[k] - lowest[k];
        escapes |= static_cast<int>(symbol < 0) | static_cast<int>(symbol >= escape[k]);
        symbols[k] = static_cast<std::uint8_t>(symbol);
      }
      outside = escapes != 0;
    }
    for (std::size_t k = 0; outside && k < r; ++k) symbols[k] = symbol_of(levels[k], k, bypass, codable);
  }

  std::uint8_t symbol_of(int value, std::size_t coefficient, BitWriter& bypass, bool& codable) const {
    const unsigned class_index = model_.entropy.class_of[coefficient];
    const SymbolRange& range = model_.entropy.ranges[class_index];
    const ClassFrequencies& frequencies = model_.entropy.tables.classes[class_index];
    const int escape = static_cast<int>(frequencies.size()) - 1;
    const int symbol = (value >> range.raw_bits) - range.lowest;
    if (symbol >= 0 && symbol < escape && frequencies[static_cast<std::size_t>(symbol)] > 0) {
      if (range.raw_bits > 0)
        bypass.bits(static_cast<std::uint64_t>(value) & ((1u << range.raw_bits) - 1), range.raw_bits);
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
  bool plain_ = true;                 ///< no class has raw bits, or symbols that cannot be coded
  std::vector<std::int16_t> lowest_;  ///< per coefficient
  std::vector<std::int16_t> escape_;  ///< per coefficient
};

}  // namespace

std::unique_ptr<SymbolCoder> make_static_symbol_coder(const CodecModel& model) {
  return std::make_unique<StaticSymbolCoder>(model);
}

}  // namespace actz
