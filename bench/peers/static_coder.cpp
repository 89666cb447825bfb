#include "peers/static_coder.hpp"

#include <algorithm>
#include <numeric>

namespace actz::bench {
namespace {

constexpr std::uint32_t kLowest = 1u << 23;  ///< states are in [kLowest, kLowest << 8)

}  // namespace

StaticTable::StaticTable(const std::array<std::uint32_t, 256>& counts) : symbol_of_(1u << kBits) {
  constexpr std::uint32_t kSpread = (1u << kBits) - 256;  // each symbol keeps one slot
  const double total = std::max(1.0, std::accumulate(counts.begin(), counts.end(), 0.0));
  // Rounding cumulative sums, not frequencies, makes the total right by itself.
  double sum = 0;
  for (std::uint32_t s = 0; s < 256; ++s) {
    sum += counts[s];
    start_[s + 1] = s + 1 + static_cast<std::uint32_t>(sum / total * kSpread);
  }
  start_[256] = 1u << kBits;
  for (unsigned s = 0; s < 256; ++s) {
    std::fill(symbol_of_.begin() + start_[s], symbol_of_.begin() + start_[s + 1], static_cast<std::uint8_t>(s));
  }
}

Bytes code_symbols(std::span<const std::uint8_t> symbols, std::span<const StaticTable> tables) {
  Bytes out;
  std::uint32_t state = kLowest;
  for (std::size_t i = symbols.size(); i-- > 0;) {
    const StaticTable& table = tables[i % tables.size()];
    const std::uint32_t frequency = table.frequency(symbols[i]);
    while (state >= ((kLowest >> StaticTable::kBits) << 8) * frequency) {
      out.push_back(static_cast<std::byte>(state & 0xFF));
      state >>= 8;
    }
    state = ((state / frequency) << StaticTable::kBits) + state % frequency + table.start(symbols[i]);
  }
  for (int i = 0; i < 4; ++i, state >>= 8) out.push_back(static_cast<std::byte>(state & 0xFF));
  std::reverse(out.begin(), out.end());
  return out;
}

void decode_symbols(std::span<const std::byte> coded, std::span<const StaticTable> tables,
                    std::span<std::uint8_t> symbols) {
  std::uint32_t state = 0;
  std::size_t next = 0;
  while (next < 4) state = state << 8 | static_cast<std::uint32_t>(coded[next++]);
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    const StaticTable& table = tables[i % tables.size()];
    const std::uint32_t slot = state & ((1u << StaticTable::kBits) - 1);
    const unsigned symbol = table.symbol_at(slot);
    symbols[i] = static_cast<std::uint8_t>(symbol);
    state = table.frequency(symbol) * (state >> StaticTable::kBits) + slot - table.start(symbol);
    while (state < kLowest && next < coded.size()) state = state << 8 | static_cast<std::uint32_t>(coded[next++]);
  }
}

}  // namespace actz::bench
