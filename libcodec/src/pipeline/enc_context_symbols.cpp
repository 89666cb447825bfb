#include <algorithm>
#include <bit>
#include <memory>
#include <vector>

#include "base/bit_writer.hpp"
#include "entropy/rans.hpp"
#include "linear/row_block.hpp"
#include "linear/transpose.hpp"
#include "pipeline/enc_symbols.hpp"
#include "rows/context_lanes.hpp"
#include "rows/row_contexts.hpp"

namespace actz {
namespace {

constexpr std::size_t kMaxContextLanes = 64;

/// Lanes run over the rows of a step: as many as there are rows, within what the rate allows.
unsigned lanes_for(std::size_t rows, std::size_t symbols) {
  const std::size_t most = std::min({rows, kMaxContextLanes, symbols / kSymbolsPerLane + 1});
  return static_cast<unsigned>(std::bit_floor(std::max<std::size_t>(most, 1)));
}

/// Symbols in coding order: coefficient by coefficient, each for all rows of a step.
class ContextSymbols final : public StepSymbols {
 public:
  /// All borrowed.
  ContextSymbols(const CodecModel& model, const ContextLanes& lanes, const EncodeTables& tables, std::size_t rows,
                 std::size_t largest_step_rows)
      : model_(model),
        lanes_(lanes),
        tables_(tables),
        symbol_(std::make_unique_for_overwrite<std::uint8_t[]>(rows * coefficients() + kSymbolPadding)),
        table_(std::make_unique_for_overwrite<std::uint8_t[]>(rows * coefficients() + kSymbolPadding)),
        rows_(largest_step_rows),
        levels_(rows_.index.size(), coefficients()),
        columns_(coefficients() + kTransposeBlock, rows_.index.size()) {}

  bool write(std::span<const std::int16_t* const> levels, std::span<const std::int32_t> activity) override {
    const std::size_t count = levels.size();
    run_.push_back(count);
    if (count == 1) {
      write_row(levels[0], activity.empty() ? kActivityStart : activity[0]);
      return true;
    }
    const unsigned precision_bits = model_.context.tables.precision_bits;
    lanes_.start(rows_, count, activity);
    gather_columns(levels);
    for (std::size_t k = 0; k < coefficients(); ++k, at_ += count) {
      std::uint8_t* const symbols = &symbol_[at_];
      const bool may_escape = lanes_.emit(rows_, k, count, columns_.row(k), symbols);
      if (may_escape || model_.context.raw_bits[k] > 0) write_bypass(k, count, symbols);
      std::uint8_t* const table = &table_[at_];
      const std::uint32_t* const offset = rows_.table_offset.data();
      for (std::size_t i = 0; i < count; ++i) table[i] = static_cast<std::uint8_t>(offset[i] >> precision_bits);
      lanes_.advance(rows_, k, count, columns_.row(k));
    }
    return true;
  }

  BitWriter& bypass() override { return bypass_; }

  CodedSymbols finish(unsigned most_lanes) override {
    const std::size_t widest = run_.empty() ? 0 : *std::max_element(run_.begin(), run_.end());
    RansEncoder encoder(tables_, std::min(lanes_for(widest, at_), most_lanes), at_);
    std::vector<std::uint32_t> table_offset(std::max<std::size_t>(widest, kMaxLanes) + kSymbolPadding);
    std::size_t end = at_;
    for (std::size_t step = run_.size(); step-- > 0;) {
      const std::size_t rows = run_[step];
      if (rows == 1) {
        for (std::size_t k = 0; k < coefficients(); ++k) {
          --end;
          encoder.encode_single(EncodeTables::table_offset(table_[end]), symbol_[end]);
        }
        continue;
      }
      for (std::size_t k = 0; k < coefficients(); ++k) {
        end -= rows;
        const std::uint8_t* const table = &table_[end];
        for (std::size_t i = 0; i < rows; ++i) table_offset[i] = EncodeTables::table_offset(table[i]);
        encoder.encode_step({table_offset.data(), std::max<std::size_t>(rows, kMaxLanes)}, {&symbol_[end], rows});
      }
    }
    return {finish_lanes(encoder), bypass_.finish()};
  }

 private:
  std::size_t coefficients() const { return model_.context.coefficients(); }

  /// The levels of a step by coefficient. Rows of a step may lie a multiple of the cache's size apart: each is read
  /// once.
  void gather_columns(std::span<const std::int16_t* const> levels) {
    const std::size_t r = coefficients();
    for (std::size_t i = 0; i < levels.size(); ++i) std::copy_n(levels[i], r, levels_.row(i));
    for (std::size_t i = 0; i < levels.size(); i += kTransposeBlock) {
      for (std::size_t k = 0; k < r; k += kTransposeBlock) {
        transpose_block(levels_.row(i) + k, levels_.stride(), columns_.row(k) + i, columns_.stride());
      }
    }
  }

  /// Escapes with their excess, and raw bits, row by row.
  void write_bypass(std::size_t coefficient, std::size_t count, std::uint8_t* symbols) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto symbol = complete_symbol(coefficient, lanes_.table_of(rows_, i), rows_.index[i]);
      if (symbol == ContextModel::kEscapeSymbol) symbols[i] = symbol;
    }
  }

  std::uint8_t complete_symbol(std::size_t coefficient, unsigned table, std::int32_t index) {
    const unsigned raw_bits = model_.context.raw_bits[coefficient];
    const std::uint32_t code = zigzag(index >> raw_bits);
    const std::uint32_t code_count = model_.context.code_count[table];
    if (code >= code_count) bypass_.exp_golomb(code - code_count);
    if (raw_bits > 0) bypass_.bits(static_cast<std::uint32_t>(index), raw_bits);
    return code >= code_count ? ContextModel::kEscapeSymbol : static_cast<std::uint8_t>(code);
  }

  /// One row alone, as in packets: lanes side by side would be idle but for one.
  void write_row(const std::int16_t* levels, std::int32_t activity) {
    visit_contexts(model_.context, model_.state_bits, levels, activity,
                   [&](std::size_t k, unsigned bin, unsigned quantizer, std::int32_t index) {
                     table_[at_] = model_.context.table(k, bin, quantizer);
                     symbol_[at_] = complete_symbol(k, table_[at_], index);
                     ++at_;
                   });
  }

  const CodecModel& model_;
  const ContextLanes& lanes_;
  const EncodeTables& tables_;
  std::unique_ptr<std::uint8_t[]> symbol_;
  std::unique_ptr<std::uint8_t[]> table_;
  std::size_t at_ = 0;            ///< symbols so far
  std::vector<std::size_t> run_;  ///< symbols of each coefficient of each step: rows of the step
  BitWriter bypass_;
  // of the rows of a step
  ContextLanes::Rows rows_;
  RowBlock<std::int16_t> levels_;
  RowBlock<std::int16_t> columns_;  ///< the same by coefficient
};

/// Model kind `context`.
class ContextSymbolCoder final : public SymbolCoder {
 public:
  explicit ContextSymbolCoder(const CodecModel& model)
      : SymbolCoder(model), lanes_(model.context, model.state_bits), tables_(model.context.tables) {}

  std::unique_ptr<StepSymbols> begin(std::size_t rows, std::size_t largest_step_rows) const override {
    return std::make_unique<ContextSymbols>(model_, lanes_, tables_, rows, largest_step_rows);
  }

 private:
  ContextLanes lanes_;
  EncodeTables tables_;
};

}  // namespace

std::unique_ptr<SymbolCoder> make_context_symbol_coder(const CodecModel& model) {
  return std::make_unique<ContextSymbolCoder>(model);
}

}  // namespace actz
