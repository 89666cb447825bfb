#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "measure/codec_run.hpp"

namespace actz::bench {

/// A plain byte-wise rANS coder with one static table of 256 symbols for each column: the arithmetic coder of the
/// CacheGen-like peer. Written for real byte counts, not for speed.
class StaticTable {
 public:
  static constexpr unsigned kBits = 14;
  /// Learns from counts; symbols with a count of 0 get the smallest probability, so that everything can be coded.
  explicit StaticTable(const std::array<std::uint32_t, 256>& counts);
  std::uint32_t start(unsigned symbol) const { return start_[symbol]; }
  std::uint32_t frequency(unsigned symbol) const { return start_[symbol + 1] - start_[symbol]; }
  unsigned symbol_at(std::uint32_t slot) const { return symbol_of_[slot]; }

 private:
  std::array<std::uint32_t, 257> start_{};
  std::vector<std::uint8_t> symbol_of_;
};

/// Symbol i is coded with tables[i % tables.size()].
Bytes code_symbols(std::span<const std::uint8_t> symbols, std::span<const StaticTable> tables);
void decode_symbols(std::span<const std::byte> coded, std::span<const StaticTable> tables,
                    std::span<std::uint8_t> symbols);

}  // namespace actz::bench
