#include <algorithm>
#include <bit>
#include <memory>

#include "base/bit_writer.hpp"
#include "base/byte_writer.hpp"
#include "entropy/rans.hpp"
#include "linear/row_block.hpp"
#include "linear/transpose.hpp"
#include "pipeline/enc_matches.hpp"
#include "pipeline/enc_symbols.hpp"
#include "rows/context_lanes.hpp"
#include "rows/step_plan.hpp"

namespace actz {
namespace {

constexpr std::size_t kMaxContextLanes = 64;

/// The symbols of a chunk in coding order: coefficient by coefficient, each for all rows of a step.
struct SymbolStream {
  explicit SymbolStream(std::size_t count)
      : symbol(std::make_unique_for_overwrite<std::uint8_t[]>(count + kSymbolPadding)),
        table(std::make_unique_for_overwrite<std::uint8_t[]>(count + kSymbolPadding)) {}
  std::unique_ptr<std::uint8_t[]> symbol;
  std::unique_ptr<std::uint8_t[]> table;
  std::vector<std::size_t> run;  ///< symbols of each coefficient of each step: rows of the step
};

/// Lanes run over the rows of a step: as many as there are rows, within what the rate allows.
unsigned lanes_for(std::size_t rows, std::size_t symbols) {
  constexpr std::size_t kSymbolsPerLane = 8192;
  const std::size_t most = std::min({rows, kMaxContextLanes, symbols / kSymbolsPerLane + 1});
  return static_cast<unsigned>(std::bit_floor(std::max<std::size_t>(most, 1)));
}

/// Model kind `context`.
class ContextSymbolCoder final : public SymbolCoder {
 public:
  explicit ContextSymbolCoder(const CodecModel& model)
      : model_(model), lanes_(model.context, model.state_bits), tables_(model.context.tables) {}

  std::optional<CodedSymbols> code(std::span<const std::int16_t> levels, const ChunkMatches& matches,
                                   const ChunkLayout& layout, ChunkHeader& header) const override {
    MatchWriter match_writer(model_.match, layout, matches);
    const StepPlan plan(layout.strands, model_.in_lockstep());
    const std::size_t count = layout.row_count * model_.context.coefficients();
    SymbolStream stream(count);
    WorkSpace work(plan.largest_step_rows(), model_.context.coefficients());
    BitWriter bypass;
    StepRows step;
    std::size_t at = 0;
    for (std::size_t i = 0; i < plan.step_count(); ++i) {
      plan.rows_of(i, step);
      match_writer.write(step, bypass);
      lanes_.start(work.rows, step.row.size(), match_writer.start_activity());
      at = code_step(levels, step.row, at, work, stream, bypass);
      stream.run.push_back(step.row.size());
    }
    CodedSymbols out;
    out.states_and_words = entropy_code_runs(stream, at, lanes_for(plan.largest_step_rows(), at), header);
    out.bypass = bypass.finish();
    out.match_bits = match_writer.bits_written();
    header.bypass_bytes = static_cast<std::uint32_t>(out.bypass.size());
    return out;
  }

 private:
  struct WorkSpace {
    WorkSpace(std::size_t largest_step_rows, std::size_t coefficients)
        : rows(largest_step_rows),
          levels(rows.index.size(), coefficients),
          columns(coefficients + kTransposeBlock, rows.index.size()) {}
    ContextLanes::Rows rows;
    RowBlock<std::int16_t> levels;   ///< of the rows of a step
    RowBlock<std::int16_t> columns;  ///< the same by coefficient
  };

  /// The levels of a step by coefficient. Rows of a step may lie a multiple of the cache's size apart: each is read
  /// once.
  void gather_columns(std::span<const std::int16_t> levels, const std::vector<std::size_t>& rows,
                      WorkSpace& work) const {
    const std::size_t r = model_.context.coefficients();
    for (std::size_t i = 0; i < rows.size(); ++i) std::copy_n(&levels[rows[i] * r], r, work.levels.row(i));
    for (std::size_t i = 0; i < rows.size(); i += kTransposeBlock) {
      for (std::size_t k = 0; k < r; k += kTransposeBlock) {
        transpose_block(work.levels.row(i) + k, work.levels.stride(), work.columns.row(k) + i, work.columns.stride());
      }
    }
  }

  std::size_t code_step(std::span<const std::int16_t> levels, const std::vector<std::size_t>& rows, std::size_t at,
                        WorkSpace& work, SymbolStream& stream, BitWriter& bypass) const {
    const std::size_t r = model_.context.coefficients();
    const unsigned precision_bits = model_.context.tables.precision_bits;
    gather_columns(levels, rows, work);
    for (std::size_t k = 0; k < r; ++k, at += rows.size()) {
      std::uint8_t* const symbols = &stream.symbol[at];
      const bool may_escape = lanes_.emit(work.rows, k, rows.size(), work.columns.row(k), symbols);
      if (may_escape || model_.context.raw_bits[k] > 0) write_bypass(k, rows.size(), work.rows, symbols, bypass);
      std::uint8_t* const table = &stream.table[at];
      const std::uint32_t* const offset = work.rows.table_offset.data();
      for (std::size_t i = 0; i < rows.size(); ++i) table[i] = static_cast<std::uint8_t>(offset[i] >> precision_bits);
      lanes_.advance(work.rows, k, rows.size(), work.columns.row(k));
    }
    return at;
  }

  /// Escapes with their excess, and raw bits, row by row.
  void write_bypass(std::size_t coefficient, std::size_t count, const ContextLanes::Rows& rows, std::uint8_t* symbols,
                    BitWriter& bypass) const {
    const unsigned raw_bits = model_.context.raw_bits[coefficient];
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t code = zigzag(rows.index[i] >> raw_bits);
      const std::uint32_t code_count = model_.context.code_count[lanes_.table_of(rows, i)];
      if (code >= code_count) {
        symbols[i] = ContextModel::kEscapeSymbol;
        bypass.exp_golomb(code - code_count);
      }
      if (raw_bits > 0) bypass.bits(static_cast<std::uint32_t>(rows.index[i]), raw_bits);
    }
  }

  std::vector<std::byte> entropy_code_runs(const SymbolStream& stream, std::size_t count, unsigned lanes,
                                           ChunkHeader& header) const {
    RansEncoder encoder(tables_, lanes, count);
    const std::size_t widest = stream.run.empty() ? 0 : *std::max_element(stream.run.begin(), stream.run.end());
    std::vector<std::uint32_t> table_offset(std::max<std::size_t>(widest, kMaxLanes) + kSymbolPadding);
    std::size_t end = count;
    for (std::size_t step = stream.run.size(); step-- > 0;) {
      const std::size_t rows = stream.run[step];
      for (std::size_t k = 0; k < model_.context.coefficients(); ++k) {
        end -= rows;
        const std::uint8_t* const table = &stream.table[end];
        for (std::size_t i = 0; i < rows; ++i) table_offset[i] = EncodeTables::table_offset(table[i]);
        encoder.encode_step({table_offset.data(), std::max<std::size_t>(rows, kMaxLanes)}, {&stream.symbol[end], rows});
      }
    }
    ByteWriter out;
    for (const std::uint32_t state : encoder.states()) out.u32(state);
    out.bytes(encoder.words());
    header.lanes_log2 = static_cast<std::uint8_t>(std::countr_zero(lanes));
    header.word_count = static_cast<std::uint32_t>(encoder.words().size() / 2);
    return out.take();
  }

  const CodecModel& model_;
  ContextLanes lanes_;
  EncodeTables tables_;
};

}  // namespace

std::unique_ptr<SymbolCoder> make_context_symbol_coder(const CodecModel& model) {
  return std::make_unique<ContextSymbolCoder>(model);
}

}  // namespace actz
