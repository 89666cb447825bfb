#include <algorithm>
#include <bit>

#include "base/bit_writer.hpp"
#include "base/byte_writer.hpp"
#include "entropy/rans.hpp"
#include "pipeline/enc_symbols.hpp"
#include "rows/row_contexts.hpp"
#include "rows/step_plan.hpp"

namespace actz {
namespace {

constexpr std::size_t kMaxContextLanes = 64;

/// The symbols of a chunk in coding order: coefficient by coefficient, each for all rows of a step.
struct SymbolStream {
  std::vector<std::uint8_t> symbol;
  std::vector<std::uint32_t> table_offset;  ///< of the encoder's tables
  std::vector<std::size_t> run;             ///< symbols of each coefficient of each step: rows of the step
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
  explicit ContextSymbolCoder(const CodecModel& model) : model_(model), tables_(model.context.tables) {}

  CodedSymbols code(std::span<const std::int16_t> levels, const ChunkLayout& layout, ChunkHeader& header) const override {
    const std::size_t r = model_.context.coefficients();
    const StepPlan plan(layout.strands, model_.predictor.kind != PredictorKind::none);
    SymbolStream stream;
    stream.symbol.resize(layout.row_count * r + kSymbolPadding);
    stream.table_offset.resize(stream.symbol.size());
    BitWriter bypass;
    std::vector<std::int16_t> index(plan.largest_step_rows() * r);
    StepRows step;
    std::size_t at = 0;
    for (std::size_t i = 0; i < plan.step_count(); ++i) {
      plan.rows_of(i, step);
      const std::size_t rows = step.row.size();
      for (std::size_t row = 0; row < rows; ++row) {
        place_row(&levels[step.row[row] * r], row, rows, at, stream, index);
      }
      write_bypass(std::span(stream.symbol).subspan(at, rows * r), std::span(stream.table_offset).subspan(at), index, rows, bypass);
      stream.run.push_back(rows);
      at += rows * r;
    }
    CodedSymbols out;
    out.states_and_words = entropy_code_runs(stream, at, r, lanes_for(plan.largest_step_rows(), at), header);
    out.bypass = bypass.finish();
    header.bypass_bytes = static_cast<std::uint32_t>(out.bypass.size());
    return out;
  }

 private:
  /// Symbols, tables and indices of one row to their places in the step.
  void place_row(const std::int16_t* levels, std::size_t row, std::size_t rows, std::size_t at, SymbolStream& stream,
                 std::vector<std::int16_t>& indices) const {
    const ContextModel& context = model_.context;
    visit_contexts(context, model_.state_bits, levels, [&](std::size_t k, unsigned bin, unsigned quantizer, std::int32_t index) {
      const unsigned table = context.table(k, bin, quantizer);
      const std::uint32_t code = zigzag(index >> context.raw_bits[k]);
      const std::size_t place = k * rows + row;
      stream.symbol[at + place] = code < context.code_count[table] ? static_cast<std::uint8_t>(code) : ContextModel::kEscapeSymbol;
      stream.table_offset[at + place] = EncodeTables::table_offset(table);
      indices[place] = static_cast<std::int16_t>(index);
    });
  }

  /// Excess of escapes and raw bits of a step, in coding order.
  void write_bypass(std::span<const std::uint8_t> symbols, std::span<const std::uint32_t> offsets,
                    const std::vector<std::int16_t>& indices, std::size_t rows, BitWriter& bypass) const {
    const ContextModel& context = model_.context;
    for (std::size_t k = 0; k < context.coefficients(); ++k) {
      const unsigned raw_bits = context.raw_bits[k];
      for (std::size_t i = k * rows; i < (k + 1) * rows; ++i) {
        if (symbols[i] == ContextModel::kEscapeSymbol) {
          const unsigned table = offsets[i] / EncodeTables::table_offset(1);
          bypass.exp_golomb(zigzag(indices[i] >> raw_bits) - context.code_count[table]);
        }
        if (raw_bits > 0) bypass.bits(static_cast<std::uint16_t>(indices[i]), raw_bits);
      }
    }
  }

  std::vector<std::byte> entropy_code_runs(const SymbolStream& stream, std::size_t count, std::size_t coefficients,
                                           unsigned lanes, ChunkHeader& header) const {
    RansEncoder encoder(tables_, lanes, count);
    std::size_t end = count;
    for (std::size_t step = stream.run.size(); step-- > 0;) {
      const std::size_t rows = stream.run[step];
      for (std::size_t k = 0; k < coefficients; ++k) {
        end -= rows;
        encoder.encode_step({&stream.table_offset[end], std::max<std::size_t>(rows, kMaxLanes)},
                            std::span(stream.symbol).subspan(end, rows));
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
  EncodeTables tables_;
};

}  // namespace

std::unique_ptr<SymbolCoder> make_context_symbol_coder(const CodecModel& model) {
  return std::make_unique<ContextSymbolCoder>(model);
}

}  // namespace actz
