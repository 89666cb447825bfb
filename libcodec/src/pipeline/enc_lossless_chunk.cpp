#include <algorithm>

#include "base/checksum.hpp"
#include "model/enc_bin_lookup.hpp"
#include "model/enc_bin_offsets.hpp"
#include "pipeline/enc_chunk.hpp"

namespace actz {
namespace {

/// Elements to be split at a time: they are read twice, the second time from the first-level cache.
constexpr std::size_t kSplitBytes = 16384;

class LosslessChunkEncoder final : public ChunkEncoder {
 public:
  LosslessChunkEncoder(const CodecModel& model, const TensorHeader& tensor)
      : model_(model), tensor_(tensor), lookup_(model.bins), offsets_(model.bins), tables_(model.entropy.tables) {
    std::vector<std::uint32_t> pattern;
    for (const std::uint8_t class_index : model.entropy.class_of) pattern.push_back(EncodeTables::table_offset(class_index));
    schedule_ = make_schedule(pattern, schedule_storage_);
  }

  Result<EncodedChunk> encode(const ChunkPlace& place, std::span<const std::byte> elements) const override {
    const ChunkLayout layout = chunk_layout(tensor_, place.first_strand, place.strand_count);
    std::vector<std::uint8_t> symbols(layout.element_count + kSymbolPadding);
    const std::vector<std::byte> bypass = split(elements, symbols.data());
    std::vector<std::size_t> step_symbols;
    for (const Strand& strand : layout.strands) step_symbols.push_back(strand.row_count * tensor_.channels);
    EncodedChunk out;
    out.digest = xxh64(elements);
    ChunkHeader header{place.tensor_index, place.chunk_index, place.first_strand, place.strand_count, place.model_index,
                       ChunkCoding::rans, 0, out.digest, 0, static_cast<std::uint32_t>(bypass.size()), 0};
    std::vector<std::byte> coded;
    entropy_code(tables_, schedule_, std::span(symbols).first(layout.element_count), step_symbols, header, coded);
    if (coded.size() + bypass.size() >= elements.size()) return raw_chunk(place, elements);
    out.payload = assemble_chunk(header, coded, bypass, {});
    return out;
  }

 private:
  /// Elements to symbols and offsets in their bins.
  std::vector<std::byte> split(std::span<const std::byte> elements, std::uint8_t* symbols) const {
    OffsetWriter offsets(elements.size() * 8);
    const std::size_t width = element_bytes(tensor_.dtype);
    for (std::size_t at = 0; at < elements.size(); at += kSplitBytes) {
      const auto piece = elements.subspan(at, std::min(kSplitBytes, elements.size() - at));
      lookup_.symbols(piece, symbols + at / width);
      offsets_.append(piece, symbols + at / width, offsets);
    }
    return offsets.finish();
  }

  CodecModel model_;
  TensorHeader tensor_;
  BinLookup lookup_;
  BinOffsets offsets_;
  EncodeTables tables_;
  TableSchedule schedule_;
  std::vector<std::uint32_t> schedule_storage_;
};

}  // namespace

std::unique_ptr<ChunkEncoder> make_lossless_chunk_encoder(const CodecModel& model, const TensorHeader& tensor) {
  return std::make_unique<LosslessChunkEncoder>(model, tensor);
}

}  // namespace actz
