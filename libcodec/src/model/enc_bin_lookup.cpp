#include "model/enc_bin_lookup.hpp"

#include <algorithm>

namespace actz {
namespace {
constexpr unsigned kKeyBits = 16;
}

BinLookup::BinLookup(const BinTable& table)
    : table_(table),
      low_mask_((std::uint64_t{1} << table.low_zero_bits) - 1),
      key_shift_(table.element_bits - table.low_zero_bits > static_cast<int>(kKeyBits)
                     ? table.element_bits - table.low_zero_bits - kKeyBits
                     : 0),
      escape_(static_cast<std::uint8_t>(table.bins.size() - 1)),
      by_key_(std::size_t{1} << kKeyBits, escape_) {
  for (std::size_t i = 0; i + 1 < table_.bins.size(); ++i) {
    const Bin& bin = table_.bins[i];
    by_base_.push_back(static_cast<std::uint8_t>(i));
    const std::uint64_t first = bin.base >> key_shift_;
    const std::uint64_t last = (bin.base + ((std::uint64_t{1} << bin.width_bits) - 1)) >> key_shift_;
    const bool fills_keys = bin.width_bits >= key_shift_;
    for (std::uint64_t key = first; key <= last; ++key) {
      by_key_[static_cast<std::size_t>(key)] = fills_keys ? static_cast<std::uint16_t>(i) : kAmbiguous;
    }
  }
  std::sort(by_base_.begin(), by_base_.end(),
            [&](std::uint8_t a, std::uint8_t b) { return table_.bins[a].base < table_.bins[b].base; });
}

std::uint8_t BinLookup::search(std::uint64_t value) const {
  const auto after = std::upper_bound(by_base_.begin(), by_base_.end(), value, [&](std::uint64_t v, std::uint8_t i) {
    return v < table_.bins[i].base;
  });
  if (after == by_base_.begin()) return escape_;
  const std::uint8_t found = *(after - 1);
  return (value - table_.bins[found].base) >> table_.bins[found].width_bits == 0 ? found : escape_;
}

}  // namespace actz
