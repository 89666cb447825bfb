#include <algorithm>

#include "base/bit_writer.hpp"
#include "pipeline/enc_symbols.hpp"

namespace actz {
namespace {

/// How levels become symbols under a static model.
class StaticSymbolTable {
 public:
  explicit StaticSymbolTable(const StaticModel& entropy) : entropy_(entropy) {
    for (const std::uint8_t class_index : entropy.class_of) {
      const SymbolRange& range = entropy.ranges[class_index];
      const ClassFrequencies& frequencies = entropy.tables.classes[class_index];
      const bool every_symbol = std::find(frequencies.begin(), frequencies.end() - 1, 0) == frequencies.end() - 1;
      plain_ = plain_ && range.raw_bits == 0 && every_symbol;
      lowest_.push_back(static_cast<std::int16_t>(range.lowest));
      escape_.push_back(static_cast<std::int16_t>(frequencies.size() - 1));
    }
  }

  std::size_t coefficients() const { return lowest_.size(); }

  /// Level less the lowest of its class, unless one of the row needs an escape or bypass bits.
  /// @return false if one of them cannot be coded.
  bool row_symbols(const std::int16_t* levels, std::uint8_t* symbols, BitWriter& bypass) const {
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
    bool codable = true;
    for (std::size_t k = 0; outside && k < r; ++k) symbols[k] = symbol_of(levels[k], k, bypass, codable);
    return codable;
  }

 private:
  std::uint8_t symbol_of(int value, std::size_t coefficient, BitWriter& bypass, bool& codable) const {
    const unsigned class_index = entropy_.class_of[coefficient];
    const SymbolRange& range = entropy_.ranges[class_index];
    const ClassFrequencies& frequencies = entropy_.tables.classes[class_index];
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

  const StaticModel& entropy_;
  bool plain_ = true;                 ///< no class has raw bits, or symbols that cannot be coded
  std::vector<std::int16_t> lowest_;  ///< per coefficient
  std::vector<std::int16_t> escape_;  ///< per coefficient
};

/// The symbols of a step row by row.
class StaticSymbols final : public StepSymbols {
 public:
  /// All borrowed.
  StaticSymbols(const StaticSymbolTable& table, const EncodeTables& tables, const TableSchedule& schedule,
                std::size_t rows)
      : table_(table), tables_(tables), schedule_(schedule), symbols_(rows * table.coefficients() + kSymbolPadding) {}

  bool write(std::span<const std::int16_t* const> levels, std::span<const std::int32_t> /*activity*/) override {
    bool codable = true;
    for (const std::int16_t* const row : levels) {
      codable = table_.row_symbols(row, &symbols_[count_], bypass_) && codable;
      count_ += table_.coefficients();
    }
    step_symbols_.push_back(levels.size() * table_.coefficients());
    return codable;
  }

  BitWriter& bypass() override { return bypass_; }

  CodedSymbols finish(unsigned most_lanes) override {
    const auto symbols = std::span<const std::uint8_t>(symbols_).first(count_);
    const unsigned lanes = std::min(choose_lanes(count_), most_lanes);
    return {entropy_code(tables_, schedule_, symbols, step_symbols_, lanes), bypass_.finish()};
  }

 private:
  const StaticSymbolTable& table_;
  const EncodeTables& tables_;
  const TableSchedule& schedule_;
  std::vector<std::uint8_t> symbols_;
  std::size_t count_ = 0;  ///< symbols so far
  std::vector<std::size_t> step_symbols_;
  BitWriter bypass_;
};

/// Model kind `static`.
class StaticSymbolCoder final : public SymbolCoder {
 public:
  explicit StaticSymbolCoder(const CodecModel& model)
      : SymbolCoder(model), table_(model.entropy), tables_(model.entropy.tables) {
    std::vector<std::uint32_t> pattern;
    for (const std::uint8_t class_index : model.entropy.class_of)
      pattern.push_back(EncodeTables::table_offset(class_index));
    if (!pattern.empty()) schedule_ = make_schedule(pattern, schedule_storage_);
  }

  std::unique_ptr<StepSymbols> begin(std::size_t rows, std::size_t /*largest_step_rows*/) const override {
    return std::make_unique<StaticSymbols>(table_, tables_, schedule_, rows);
  }

 private:
  StaticSymbolTable table_;
  EncodeTables tables_;
  TableSchedule schedule_;
  std::vector<std::uint32_t> schedule_storage_;
};

}  // namespace

std::unique_ptr<SymbolCoder> make_static_symbol_coder(const CodecModel& model) {
  return std::make_unique<StaticSymbolCoder>(model);
}

}  // namespace actz
