#include <algorithm>
#include <bit>

#include "base/bit_writer.hpp"
#include "base/byte_writer.hpp"
#include "entropy/rans.hpp"
#include "pipeline/enc_symbols.hpp"
#include "rows/context_lanes.hpp"
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
  explicit ContextSymbolCoder(const CodecModel& model)
      : model_(model), lanes_(model.context, model.state_bits), tables_(model.context.tables) {}

  std::optional<CodedSymbols> code(std::span<const std::int16_t> levels, const ChunkLayout& layout,
                                   ChunkHeader& header) const override {
    const StepPlan plan(layout.strands, model_.predictor.kind != PredictorKind::none);
    const std::size_t count = layout.row_count * model_.context.coefficients();
    SymbolStream stream{
        std::vector<std::uint8_t>(count + kSymbolPadding), std::vector<std::uint32_t>(count + kSymbolPadding), {}};
    WorkSpace work(plan.largest_step_rows());
    BitWriter bypass;
    StepRows step;
    std::size_t at = 0;
    for (std::size_t i = 0; i < plan.step_count(); ++i) {
      plan.rows_of(i, step);
      at = code_step(levels, step.row, at, work, stream, bypass);
      stream.run.push_back(step.row.size());
    }
    CodedSymbols out;
    out.states_and_words = entropy_code_runs(stream, at, lanes_for(plan.largest_step_rows(), at), header);
    out.bypass = bypass.finish();
    header.bypass_bytes = static_cast<std::uint32_t>(out.bypass.size());
    return out;
  }

 private:
  struct WorkSpace {
    explicit WorkSpace(std::size_t largest_step_rows) : rows(largest_step_rows), levels(rows.index.size()) {}
    ContextLanes::Rows rows;
    std::vector<std::int16_t> levels;  ///< of one coefficient
  };

  std::size_t code_step(std::span<const std::int16_t> levels, const std::vector<std::size_t>& rows, std::size_t at,
                        WorkSpace& work, SymbolStream& stream, BitWriter& bypass) const {
    const std::size_t r = model_.context.coefficients();
    const unsigned precision_bits = model_.context.tables.precision_bits;
    lanes_.start(work.rows, rows.size());
    for (std::size_t k = 0; k < r; ++k, at += rows.size()) {
      for (std::size_t i = 0; i < rows.size(); ++i) work.levels[i] = levels[rows[i] * r + k];
      std::uint8_t* const symbols = &stream.symbol[at];
      const bool may_escape = lanes_.emit(work.rows, k, rows.size(), work.levels.data(), symbols);
      if (may_escape || model_.context.raw_bits[k] > 0) write_bypass(k, rows.size(), work.rows, symbols, bypass);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        stream.table_offset[at + i] = EncodeTables::table_offset(work.rows.table_offset[i] >> precision_bits);
      }
      lanes_.advance(work.rows, k, rows.size(), work.levels.data());
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
    std::size_t end = count;
    for (std::size_t step = stream.run.size(); step-- > 0;) {
      const std::size_t rows = stream.run[step];
      for (std::size_t k = 0; k < model_.context.coefficients(); ++k) {
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
  ContextLanes lanes_;
  EncodeTables tables_;
};

}  // namespace

std::unique_ptr<SymbolCoder> make_context_symbol_coder(const CodecModel& model) {
  return std::make_unique<ContextSymbolCoder>(model);
}

}  // namespace actz
