#include <algorithm>

#include "base/checksum.hpp"
#include "model/enc_bin_lookup.hpp"
#include "model/enc_bin_offsets.hpp"
#include "pipeline/enc_chunk.hpp"

namespace actz {
namespace {

/// 64 lanes, which decode fastest, for chunks from 576 KiB to the full 1 MiB: 4 bytes for each are less than 0.1 %.
constexpr std::size_t kBytesPerLane = 9216;

class LosslessChunkEncoder final : public ChunkEncoder {
 public:
  LosslessChunkEncoder(const CodecModel& model, const TensorHeader& tensor)
      : model_(model), tensor_(tensor), lookup_(model.bins), offsets_(model.bins), tables_(model.entropy.tables) {
    std::vector<std::uint32_t> pattern;
    for (const std::uint8_t class_index : model.entropy.class_of)
      pattern.push_back(EncodeTables::table_offset(class_index));
    schedule_ = make_schedule(pattern, schedule_storage_);
  }

  Result<EncodedChunk> encode(const ChunkPlace& place, std::span<const std::byte> elements, const ReferenceRows*,
                              const OutsideRows*) const override {
    const ChunkLayout layout = chunk_layout(tensor_, place.first_strand, place.strand_count);
    std::vector<std::uint8_t> symbols(layout.element_count + kSymbolPadding);
    lookup_.symbols(elements, symbols.data());
    std::vector<std::size_t> step_symbols;
    for (const Strand& strand : layout.strands) step_symbols.push_back(strand.row_count * tensor_.channels);
    EncodedChunk out;
    out.digest = xxh64(elements);
    ChunkHeader header = chunk_header(place, ChunkCoding::rans, out.digest);
    const unsigned lanes = choose_lanes(layout.element_count, kBytesPerLane / element_bytes(tensor_.dtype));
    const CodedLanes lanes_and_words =
        entropy_code(tables_, schedule_, std::span(symbols).first(layout.element_count), step_symbols, lanes);
    set_lanes(lanes_and_words, header);
    const std::vector<std::byte>& coded = lanes_and_words.states_and_words;
    // Offsets are most of a chunk: they are written where they stay.
    const std::size_t before_offsets = ChunkHeader::kBytes + coded.size();
    out.payload.resize(before_offsets + elements.size() + OffsetCursor::kSlackBytes);
    std::byte* const offsets = out.payload.data() + before_offsets;
    header.bypass_bytes = static_cast<std::uint32_t>(offsets_.write(elements, symbols.data(), offsets) - offsets);
    if (coded.size() + header.bypass_bytes >= elements.size()) return raw_chunk(place, elements);
    out.payload.resize(before_offsets + header.bypass_bytes);
    std::vector<std::byte> head;
    write_chunk_header(header, head);
    std::copy(coded.begin(), coded.end(), std::copy(head.begin(), head.end(), out.payload.begin()));
    return out;
  }

 private:
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
