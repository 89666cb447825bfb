#include "model/enc_bin_offsets.hpp"

#include <algorithm>
#include <utility>

namespace actz {
namespace {

constexpr unsigned kFieldBits = 56;  ///< that a cursor takes at once

/// A field of any width up to 64 bits.
void put_wide(std::uint64_t field, unsigned width_bits, OffsetCursor& to) {
  to.put(field & 0xFFFFFFFFu, std::min(width_bits, 32u));
  if (width_bits > 32) to.put(field >> 32, width_bits - 32);
}

}  // namespace

BinOffsets::BinOffsets(const BinTable& table) : element_bits_(table.element_bits), low_zero_bits_(table.low_zero_bits) {
  for (std::size_t i = 0; i + 1 < table.bins.size(); ++i) {
    const Bin& bin = table.bins[i];
    places_.push_back({bin.base << table.low_zero_bits, bin.width_bits});
    widest_bits_ = std::max<unsigned>(widest_bits_, bin.width_bits);
  }
}

/// Elements without an escape among them. Fields of one group are joined before they are written: the cursor's bit
/// position, on which each put waits for the one before, then moves once a group.
template <class T, std::size_t kGroup>
OffsetCursor BinOffsets::write_run(const std::byte* elements, const std::uint8_t* symbols, std::size_t count,
                                   OffsetCursor to) const {
  const Place* const places = places_.data();
  const unsigned low_zero_bits = low_zero_bits_;
  std::size_t i = 0;
  for (; i + kGroup <= count; i += kGroup) {
    std::uint64_t field = 0;
    unsigned field_bits = 0;
    for (std::size_t j = i; j < i + kGroup; ++j) {
      const Place& place = places[symbols[j]];
      const std::uint64_t offset = (load_le<T>(elements + j * sizeof(T)) - place.base) >> low_zero_bits;
      field |= offset << field_bits;
      field_bits += place.width_bits;
    }
    if constexpr (kGroup > 1) to.put(field, field_bits);
    else put_wide(field, field_bits, to);
  }
  if constexpr (kGroup > 1) return write_run<T, 1>(elements + i * sizeof(T), symbols + i, count - i, to);
  return to;
}

template <class T>
const std::byte* BinOffsets::write_all(std::span<const std::byte> elements, const std::uint8_t* symbols,
                                       std::byte* to) const {
  const std::size_t count = elements.size() / sizeof(T);
  const auto escape = static_cast<std::uint8_t>(places_.size());
  OffsetCursor cursor{to};
  for (std::size_t i = 0; i < count;) {
    const auto run = static_cast<std::size_t>(find_byte(symbols + i, symbols + count, escape) - (symbols + i));
    const std::byte* const from = elements.data() + i * sizeof(T);
    if (8 * widest_bits_ <= kFieldBits) cursor = write_run<T, 8>(from, symbols + i, run, cursor);
    else if (4 * widest_bits_ <= kFieldBits) cursor = write_run<T, 4>(from, symbols + i, run, cursor);
    else if (2 * widest_bits_ <= kFieldBits) cursor = write_run<T, 2>(from, symbols + i, run, cursor);
    else cursor = write_run<T, 1>(from, symbols + i, run, cursor);
    i += run;
    if (i < count) put_wide(load_le<T>(elements.data() + i++ * sizeof(T)), element_bits_, cursor);
  }
  return cursor.end();
}

const std::byte* BinOffsets::write(std::span<const std::byte> elements, const std::uint8_t* symbols,
                                   std::byte* to) const {
  switch (element_bits_) {
    case 8: return write_all<std::uint8_t>(elements, symbols, to);
    case 16: return write_all<std::uint16_t>(elements, symbols, to);
    case 32: return write_all<std::uint32_t>(elements, symbols, to);
    default: return write_all<std::uint64_t>(elements, symbols, to);
  }
}

}  // namespace actz
