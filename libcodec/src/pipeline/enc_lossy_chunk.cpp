#include "base/checksum.hpp"
#include "container/scaled_centre.hpp"
#include "pipeline/enc_chunk.hpp"
#include "pipeline/enc_error_meter.hpp"
#include "pipeline/enc_refinement.hpp"
#include "pipeline/enc_row_input.hpp"
#include "pipeline/enc_symbols.hpp"
#include "pipeline/row_output.hpp"

namespace actz {
namespace {

constexpr std::size_t kRawChunkRoom = 256;  ///< tiny chunks are mostly header, and stay lossy

class LossyChunkEncoder final : public ChunkEncoder {
 public:
  LossyChunkEncoder(const CodecModel& model, std::shared_ptr<const LossyRowEncoder> rows, const TensorHeader& tensor,
                    std::optional<double> max_error, Exactness exact)
      : model_(model),
        exact_(exact == Exactness::exact),
        tensor_(tensor),
        largest_error_(max_error.value_or(kPatchedErrorUnits * double{tensor.unit})),
        rows_(std::move(rows)),
        symbols_(model.entropy_kind == EntropyKind::context ? make_context_symbol_coder(model_)
                                                            : make_static_symbol_coder(model_)),
        centre_(scaled_centre(model, tensor.centre_scale)),
        input_(tensor, centre_) {}

  Result<EncodedChunk> encode(const ChunkPlace& place, std::span<const std::byte> elements,
                              const ReferenceRows* reference, const OutsideRows* outside) const override {
    const ChunkLayout layout = chunk_layout(tensor_, place.first_strand, place.strand_count);
    const std::size_t level_count = layout.row_count * model_.synthesis.coefficients;
    const auto level_room = std::make_unique_for_overwrite<std::int16_t[]>(level_count);
    const auto decoded_room = std::make_unique_for_overwrite<std::byte[]>(elements.size());
    const std::span<std::int16_t> quantised(level_room.get(), level_count);
    const std::span<std::byte> decoded(decoded_room.get(), elements.size());
    RowOutput output(tensor_, model_, decoded);
    ErrorMeter meter(tensor_, centre_, largest_error_, elements, decoded);
    std::vector<RowMatch> matches(model_.match.classes > 0 ? layout.row_count : 0);
    RowBlock<std::int16_t> side;
    if (const ReferencePredictor* predictor = rows_->loop().reference()) {
      side = reference_inputs(*predictor, *reference, tensor_.reference_scale);
    }
    rows_->encode([&](std::size_t row, float* room) { return input_.centred(elements, row, room); }, layout.strands,
                  quantised,
                  [&](std::size_t row, const std::int32_t* fixed) {
                    output.store(row, fixed);
                    if (!exact_) meter.measure(row);
                  },
                  {&side, outside != nullptr ? &outside->search : nullptr}, {matches});
    EncodedChunk out;
    std::vector<std::byte> patches;  // or the refinement
    if (exact_) {
      patches = write_refinement(tensor_.dtype, decoded, elements);
      out.digest = xxh64(elements);
    } else {
      patches = write_patches(meter.finish(out.statistics));
      out.digest = xxh64(decoded);
    }
    ChunkHeader header = chunk_header(place, exact_ ? ChunkCoding::refined : ChunkCoding::rans, out.digest);
    const auto positions = outside != nullptr ? outside->search.rows.position() : std::span<const std::uint32_t>{};
    const auto coded = symbols_->code(quantised, {matches, positions}, layout, header);
    if (!coded) return exact_chunk(place, elements, std::move(out.statistics));
    out.statistics.match_bits = coded->match_bits;
    for (const RowMatch& match : matches) out.statistics.matched_rows += match.match_class > 0;
    header.patch_bytes = static_cast<std::uint32_t>(patches.size());
    const auto sources = outside != nullptr ? std::span(outside->sources) : std::span<const ChunkName>{};
    header.source_count = static_cast<std::uint8_t>(sources.size());
    out.payload = assemble_chunk(header, sources, coded->coded.states_and_words, coded->bypass, patches);
    // Where most levels saturate, the elements as they are take less.
    if (out.payload.size() > elements.size() + kRawChunkRoom)
      return exact_chunk(place, elements, std::move(out.statistics));
    return out;
  }

 private:
  static EncodedChunk exact_chunk(const ChunkPlace& place, std::span<const std::byte> elements,
                                  ChunkStatistics statistics) {
    EncodedChunk out = raw_chunk(place, elements);
    statistics.squared_error = statistics.max_abs_error = 0;
    statistics.patches = statistics.matched_rows = statistics.match_bits = 0;
    out.statistics = std::move(statistics);
    return out;
  }

  CodecModel model_;
  bool exact_;
  TensorHeader tensor_;
  double largest_error_;  ///< what is further off is patched
  std::shared_ptr<const LossyRowEncoder> rows_;
  std::unique_ptr<SymbolCoder> symbols_;
  std::vector<std::int32_t> centre_;
  RowInput input_;
};

}  // namespace

std::unique_ptr<ChunkEncoder> make_lossy_chunk_encoder(const CodecModel& model,
                                                       std::shared_ptr<const LossyRowEncoder> rows,
                                                       const TensorHeader& tensor, std::optional<double> max_error,
                                                       Exactness exact) {
  return std::make_unique<LossyChunkEncoder>(model, std::move(rows), tensor, max_error, exact);
}

}  // namespace actz
