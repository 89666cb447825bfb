#include <bit>

#include "base/bytes.hpp"
#include "base/checksum.hpp"
#include "model/enc_bin_lookup.hpp"
#include "pipeline/enc_chunk.hpp"

namespace actz {
namespace {

/// Appends offsets of up to 56 bits with one unaligned store each.
class OffsetWriter {
 public:
  explicit OffsetWriter(std::size_t capacity_bits) : out_(capacity_bits / 8 + 16) {}

  void put(std::uint64_t offset, unsigned width_bits) {
    if (width_bits > 32) {
      put_narrow(offset & 0xFFFFFFFFu, 32);
      put_narrow(offset >> 32, width_bits - 32);
    } else {
      put_narrow(offset, width_bits);
    }
  }

  std::vector<std::byte> finish() {
    out_.resize(at_byte_ + (filled_bits_ + 7) / 8);
    return std::move(out_);
  }

 private:
  void put_narrow(std::uint64_t offset, unsigned width_bits) {
    pending_ |= offset << filled_bits_;
    store_le(&out_[at_byte_], pending_);
    filled_bits_ += width_bits;
    at_byte_ += filled_bits_ / 8;
    pending_ >>= filled_bits_ & ~7u;
    filled_bits_ &= 7;
  }

  std::vector<std::byte> out_;
  std::size_t at_byte_ = 0;
  std::uint64_t pending_ = 0;
  unsigned filled_bits_ = 0;
};

class LosslessChunkEncoder final : public ChunkEncoder {
 public:
  LosslessChunkEncoder(const CodecModel& model, const TensorHeader& tensor)
      : model_(model), tensor_(tensor), lookup_(model.bins), tables_(model.entropy.tables) {
    std::vector<std::uint32_t> pattern;
    for (const std::uint8_t class_index : model.entropy.class_of) pattern.push_back(EncodeTables::table_offset(class_index));
    schedule_ = make_schedule(pattern, schedule_storage_);
  }

  Result<EncodedChunk> encode(const ChunkPlace& place, std::span<const std::byte> elements) const override {
    const ChunkLayout layout = chunk_layout(tensor_, place.first_strand, place.strand_count);
    std::vector<std::uint8_t> symbols(layout.element_count + kSymbolPadding);
    std::vector<std::byte> bypass;
    switch (element_bytes(tensor_.dtype)) {
      case 1: bypass = split<std::uint8_t>(elements, symbols.data()); break;
      case 2: bypass = split<std::uint16_t>(elements, symbols.data()); break;
      case 4: bypass = split<std::uint32_t>(elements, symbols.data()); break;
      default: bypass = split<std::uint64_t>(elements, symbols.data()); break;
    }
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
  template <class T>
  std::vector<std::byte> split(std::span<const std::byte> elements, std::uint8_t* symbols) const {
    const BinTable& table = lookup_.table();
    const std::size_t count = elements.size() / sizeof(T);
    OffsetWriter offsets(count * 8 * sizeof(T));
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t element = load_le<T>(&elements[i * sizeof(T)]);
      const std::uint8_t symbol = lookup_.symbol(element);
      const Bin& bin = table.bins[symbol];
      symbols[i] = symbol;
      if (bin.width_bits == Bin::kEscape) {
        offsets.put(element, table.element_bits);
      } else {
        offsets.put((element >> table.low_zero_bits) - bin.base, bin.width_bits);
      }
    }
    return offsets.finish();
  }

  CodecModel model_;
  TensorHeader tensor_;
  BinLookup lookup_;
  EncodeTables tables_;
  TableSchedule schedule_;
  std::vector<std::uint32_t> schedule_storage_;
};

}  // namespace

std::unique_ptr<ChunkEncoder> make_lossless_chunk_encoder(const CodecModel& model, const TensorHeader& tensor) {
  return std::make_unique<LosslessChunkEncoder>(model, tensor);
}

}  // namespace actz
