#include <algorithm>
#include <array>
#include <vector>

#include "base/bytes.hpp"
#include "pipeline/dec_chunk.hpp"

namespace actz {
namespace {

/// Offsets of up to this many bits are read with one unaligned load of 8 bytes at any bit position.
constexpr unsigned kOneLoadBits = 57;

struct BinEntry {
  std::uint64_t base = 0;  ///< already shifted to its place in the element
  std::uint64_t mask = 0;
  std::uint8_t width_bits = 0;
  std::uint8_t shift = 0;
};

std::array<BinEntry, kMaxSymbols> make_entries(const BinTable& table) {
  std::array<BinEntry, kMaxSymbols> out{};
  for (std::size_t i = 0; i < table.bins.size(); ++i) {
    const Bin& bin = table.bins[i];
    const bool escape = bin.width_bits == Bin::kEscape;
    BinEntry& entry = out[i];
    entry.width_bits = escape ? table.element_bits : bin.width_bits;
    entry.shift = escape ? 0 : table.low_zero_bits;
    entry.base = escape ? 0 : bin.base << table.low_zero_bits;
    entry.mask = entry.width_bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << entry.width_bits) - 1;
  }
  return out;
}

/// Turns symbols into elements, reading each one's offset in its bin from the bypass stream.
class ElementReader {
 public:
  ElementReader(const BinTable& table, std::span<const std::byte> bypass)
      : entries_(make_entries(table)), bypass_(bypass) {
    for (const BinEntry& entry : entries_) widest_ = std::max<unsigned>(widest_, entry.width_bits);
  }

  template <class T>
  void read(const std::uint8_t* symbols, std::size_t count, std::byte* to) {
    std::size_t i = 0;
    if (widest_ <= kOneLoadBits) {
      // Every element takes at most 57 bits: as long as 8 bytes remain for each, no load can leave the stream.
      while (i < count) {
        const std::uint64_t safe_bits = bypass_.size() >= 8 ? (bypass_.size() - 8) * 8 : 0;
        if (position_bits_ >= safe_bits) break;
        const std::size_t safe = std::min<std::size_t>(count - i, (safe_bits - position_bits_) / kOneLoadBits + 1);
        read_fast<T>(symbols + i, safe, to + i * sizeof(T));
        i += safe;
      }
    }
    for (; i < count; ++i) {
      const BinEntry& entry = entries_[symbols[i]];
      const std::uint64_t offset = bits_at(position_bits_, entry.width_bits);
      position_bits_ += entry.width_bits;
      store_le(to + i * sizeof(T), static_cast<T>(entry.base + (offset << entry.shift)));
    }
  }

  bool at_end() const {
    if (position_bits_ > std::uint64_t{bypass_.size()} * 8 || (position_bits_ + 7) / 8 != bypass_.size()) return false;
    return bits_at(position_bits_, static_cast<unsigned>(bypass_.size() * 8 - position_bits_)) == 0;
  }

 private:
  template <class T>
  void read_fast(const std::uint8_t* symbols, std::size_t count, std::byte* to) {
    const std::byte* data = bypass_.data();
    std::uint64_t position = position_bits_;
    for (std::size_t i = 0; i < count; ++i) {
      const BinEntry& entry = entries_[symbols[i]];
      const std::uint64_t window = load_le<std::uint64_t>(data + position / 8) >> (position % 8);
      store_le(to + i * sizeof(T), static_cast<T>(entry.base + ((window & entry.mask) << entry.shift)));
      position += entry.width_bits;
    }
    position_bits_ = position;
  }

  /// Bits past the end read as zero; at_end() then reports the overrun.
  std::uint64_t bits_at(std::uint64_t position, unsigned width_bits) const {
    std::uint64_t out = 0;
    for (unsigned done = 0; done < width_bits;) {
      const std::uint64_t at = position + done;
      if (at / 8 >= bypass_.size()) break;
      const unsigned take = std::min<unsigned>(width_bits - done, 8 - static_cast<unsigned>(at % 8));
      const std::uint64_t piece =
          (static_cast<std::uint64_t>(bypass_[static_cast<std::size_t>(at / 8)]) >> (at % 8)) & ((1u << take) - 1);
      out |= piece << done;
      done += take;
    }
    return out;
  }

  std::array<BinEntry, kMaxSymbols> entries_;
  std::span<const std::byte> bypass_;
  std::uint64_t position_bits_ = 0;
  unsigned widest_ = 0;
};

}  // namespace

Status decode_lossless_rows(const ChunkParts& parts, const TensorHeader& tensor, const ChunkLayout& layout,
                            const PreparedModel& model, std::span<std::byte> to) {
  const StepPlan plan(layout.strands, false);
  const std::size_t d = tensor.channels;
  const std::size_t width = element_bytes(tensor.dtype);
  std::vector<std::uint8_t> symbols(plan.largest_step_rows() * d + kSymbolPadding);
  RansDecoder decoder(model.tables, parts.states, parts.words);
  ElementReader elements(model.model.bins, parts.bypass);
  for (const Strand& strand : layout.strands) {
    const std::size_t count = strand.row_count * d;
    if (!decoder.decode_step(model.schedule, count, symbols.data())) {  // R-RANS-03
      return Error{ErrorCode::corrupt, parts.file_offset_bytes, "the entropy-coded data of a chunk is broken"};
    }
    std::byte* out = &to[strand.first_row * d * width];
    switch (width) {
      case 1: elements.read<std::uint8_t>(symbols.data(), count, out); break;
      case 2: elements.read<std::uint16_t>(symbols.data(), count, out); break;
      case 4: elements.read<std::uint32_t>(symbols.data(), count, out); break;
      default: elements.read<std::uint64_t>(symbols.data(), count, out); break;
    }
  }
  if (!decoder.finished() || !elements.at_end()) {  // R-RANS-04, R-CHNK-20
    return Error{ErrorCode::corrupt_checksum, parts.file_offset_bytes, "the coder does not end where it began"};
  }
  return {};
}

}  // namespace actz
