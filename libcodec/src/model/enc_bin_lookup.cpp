#include "model/enc_bin_lookup.hpp"

#include <algorithm>

#include "base/bytes.hpp"

namespace actz {
namespace {

constexpr int kKeyBits = 16;  ///< 64 KiB of keys; the few in use stay in the first-level cache

unsigned key_shift_of(const BinTable& table) {
  return unsigned{table.low_zero_bits} +
         static_cast<unsigned>(std::max(0, table.element_bits - table.low_zero_bits - kKeyBits));
}

}  // namespace

BinLookup::BinLookup(const BinTable& table)
    : table_(table),
      low_mask_((std::uint64_t{1} << table.low_zero_bits) - 1),
      key_shift_(key_shift_of(table)),
      escape_(static_cast<std::uint8_t>(table.bins.size() - 1)),
      by_key_(std::size_t{1} << kKeyBits, escape_) {
  const unsigned value_shift = key_shift_ - table_.low_zero_bits;
  for (std::size_t i = 0; i + 1 < table_.bins.size(); ++i) {
    const Bin& bin = table_.bins[i];
    by_base_.push_back(static_cast<std::uint8_t>(i));
    if (bin.width_bits < value_shift) continue;  // it shares its key with others
    const auto first = by_key_.begin() + static_cast<std::ptrdiff_t>(bin.base >> value_shift);
    std::fill_n(first, std::size_t{1} << (bin.width_bits - value_shift), static_cast<std::uint8_t>(i));
  }
  std::sort(by_base_.begin(), by_base_.end(),
            [&](std::uint8_t a, std::uint8_t b) { return table_.bins[a].base < table_.bins[b].base; });
}

std::uint8_t BinLookup::search(std::uint64_t element) const {
  if ((element & low_mask_) != 0) return escape_;
  const std::uint64_t value = element >> table_.low_zero_bits;
  const auto after = std::upper_bound(by_base_.begin(), by_base_.end(), value,
                                      [&](std::uint64_t v, std::uint8_t i) { return v < table_.bins[i].base; });
  if (after == by_base_.begin()) return escape_;
  const std::uint8_t found = *(after - 1);
  return (value - table_.bins[found].base) >> table_.bins[found].width_bits == 0 ? found : escape_;
}

template <class T>
void BinLookup::symbols_of(std::span<const std::byte> elements, std::uint8_t* out) const {
  const std::size_t count = elements.size() / sizeof(T);
  const std::byte* const from = elements.data();
  // Members in locals: the bytes stored could otherwise be theirs.
  const std::uint8_t* const by_key = by_key_.data();
  const unsigned key_shift = key_shift_;
  const auto low_mask = static_cast<T>(low_mask_);
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = by_key[static_cast<std::size_t>(load_le<T>(from + i * sizeof(T)) >> key_shift)];
  }
  for (std::size_t i = 0; low_mask != 0 && i < count; ++i) {
    if ((load_le<T>(from + i * sizeof(T)) & low_mask) != 0) out[i] = escape_;
  }
  for (const std::uint8_t* at = out; (at = find_byte(at, out + count, escape_)) != out + count; ++at) {
    const auto i = static_cast<std::size_t>(at - out);
    out[i] = search(load_le<T>(from + i * sizeof(T)));
  }
}

void BinLookup::symbols(std::span<const std::byte> elements, std::uint8_t* out) const {
  switch (table_.element_bits) {
    case 8: return symbols_of<std::uint8_t>(elements, out);
    case 16: return symbols_of<std::uint16_t>(elements, out);
    case 32: return symbols_of<std::uint32_t>(elements, out);
    default: return symbols_of<std::uint64_t>(elements, out);
  }
}

}  // namespace actz
