#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "entropy/rans.hpp"

namespace actz {

/// What the entropy coder makes of symbols.
struct CodedLanes {
  unsigned lanes = 1;
  std::vector<std::byte> states_and_words;

  std::uint8_t lanes_log2() const { return static_cast<std::uint8_t>(std::countr_zero(lanes)); }
  std::uint32_t word_count() const { return static_cast<std::uint32_t>((states_and_words.size() - 4 * lanes) / 2); }
};

/// Lanes for so many symbols: many for speed, few where 4 bytes for each would show in the rate.
/// 4 bytes per lane of 8192 symbols stay below 0.2 % of a chunk at 2 bits per symbol.
inline constexpr std::size_t kSymbolsPerLane = 8192;
unsigned choose_lanes(std::size_t symbols, std::size_t symbols_per_lane = kSymbolsPerLane);

/// States and words of an encoder that has taken all symbols in.
CodedLanes finish_lanes(const RansEncoder& encoder);

/// The symbols of a chunk, step by step.
CodedLanes entropy_code(const EncodeTables& tables, const TableSchedule& schedule,
                        std::span<const std::uint8_t> symbols, std::span<const std::size_t> step_symbols,
                        unsigned lanes);

}  // namespace actz
