#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "actz/result.hpp"
#include "model/class_tables.hpp"

/// Interleaved rANS with 32-bit states and 16-bit renormalisation (format_spec/07_entropy_coder.md).
/// Symbol j of a step belongs to lane j mod L; every step starts at lane 0. Words of a group of L symbols
/// stand in lane order, so the decoder reads the word stream forwards and the encoder writes it backwards.
/// See Duda, "Asymmetric numeral systems", arXiv 1311.2540.

namespace actz {

inline constexpr std::uint32_t kRansLowerBound = 1u << 16;  ///< states stay in [2^16, 2^32)

/// Elements by which the symbol and offset arrays handed to a kernel must extend past what is used.
inline constexpr std::size_t kSymbolPadding = kMaxLanes;

/// Which table each symbol of a step uses: symbol j uses table_offset[j mod period].
/// The array has period + kSymbolPadding elements, the last ones repeating the pattern, and
/// period ≥ kMaxLanes (a shorter pattern is repeated until it is long enough).
struct TableSchedule {
  const std::uint32_t* table_offset = nullptr;
  std::size_t period = 0;
};

/// Repeats `pattern` (one table offset per symbol of a row) into a valid schedule array.
/// `storage` keeps it alive.
TableSchedule make_schedule(std::span<const std::uint32_t> pattern, std::vector<std::uint32_t>& storage);

/// Look-up tables of a decoder: class c starts at element c << precision_bits.
/// An entry packs symbol (bits 0…7), frequency − 1 (8…19) and slot − cumulative (20…31).
class DecodeTables {
 public:
  explicit DecodeTables(const ClassTables& tables);
  std::uint32_t table_offset(unsigned class_index) const { return class_index << precision_bits_; }
  const std::uint32_t* entries() const { return entries_.data(); }
  unsigned precision_bits() const { return precision_bits_; }

 private:
  unsigned precision_bits_;
  std::vector<std::uint32_t> entries_;
};

/// What an encoder needs of one symbol of one class, 8 bytes so that one load fetches it.
/// `packed`: frequency (bits 0…12; 0 if the symbol cannot be coded), cumulative (13…24), shift (25…28), add_one (31).
/// floor(x / frequency) == ((x + add_one) · reciprocal) >> (32 + shift) for x < frequency << (32 − p): rans_tables.cpp.
struct alignas(8) EncodeEntry {
  std::uint32_t reciprocal = 0;
  std::uint32_t packed = 0;

  std::uint32_t frequency() const { return packed & 0x1FFF; }
  std::uint32_t cumulative() const { return (packed >> 13) & 0xFFF; }  ///< sum of the smaller symbols' frequencies
  std::uint32_t shift() const { return (packed >> 25) & 0xF; }
  std::uint32_t add_one() const { return packed >> 31; }
};
/// @param frequency   1…2^precision_bits.
/// @param cumulative  0…2^precision_bits − frequency.
EncodeEntry make_encode_entry(std::uint32_t frequency, std::uint32_t cumulative, unsigned precision_bits);

/// Look-up tables of an encoder: class c starts at element c * kMaxSymbols.
class EncodeTables {
 public:
  explicit EncodeTables(const ClassTables& tables);
  static std::uint32_t table_offset(unsigned class_index) { return class_index * kMaxSymbols; }
  const EncodeEntry* entries() const { return entries_.data(); }
  unsigned precision_bits() const { return precision_bits_; }

 private:
  unsigned precision_bits_;
  std::vector<EncodeEntry> entries_;
};

/// Decodes the steps of one chunk. Tables and words are borrowed for its lifetime, the states are copied.
class RansDecoder {
 public:
  /// @param lanes   1…128, a power of two; states.size() == lanes, each ≥ kRansLowerBound (checked by the caller).
  /// @param words   little-endian u16 words; any alignment.
  RansDecoder(const DecodeTables& tables, std::span<const std::uint32_t> states, std::span<const std::byte> words);

  /// Decodes `symbol_count` symbols of one step into `out` (room for symbol_count + kSymbolPadding).
  /// @return false when the words ran out (corrupt), in this step or before; `out` is then unspecified.
  bool decode_step(const TableSchedule& schedule, std::size_t symbol_count, std::uint8_t* out);

  /// The same for a step of one symbol, which takes lane 0.
  bool decode_single(std::uint32_t table_offset, std::uint8_t& symbol);

  /// True when every state is back at kRansLowerBound and every word was read.
  bool finished() const;

 private:
  const DecodeTables* tables_;
  alignas(64) std::array<std::uint32_t, kMaxLanes> states_{};
  unsigned lanes_;
  const std::byte* next_word_;
  const std::byte* words_end_;
  bool failed_ = false;  ///< words ran out: every later step fails too
};

/// Encodes the steps of one chunk, last step first.
class RansEncoder {
 public:
  /// @param max_symbols  upper bound of the symbols of all steps together; sizes the word buffer.
  RansEncoder(const EncodeTables& tables, unsigned lanes, std::size_t max_symbols);

  /// Encodes one step; call for the steps of the chunk in reverse order. Every symbol must have a
  /// frequency ≥ 1 in its class (the caller's duty). `symbols` may be read up to kSymbolPadding past its end.
  void encode_step(const TableSchedule& schedule, std::span<const std::uint8_t> symbols);

  /// The same for a step of one symbol.
  void encode_single(std::uint32_t table_offset, std::uint8_t symbol);

  /// States to store, lane order.
  std::span<const std::uint32_t> states() const { return {states_.data(), lanes_}; }
  /// Words to store, as little-endian bytes.
  std::span<const std::byte> words() const;

 private:
  const EncodeTables* tables_;
  alignas(64) std::array<std::uint32_t, kMaxLanes> states_{};
  unsigned lanes_;
  std::size_t buffer_bytes_;
  std::unique_ptr<std::byte[]> buffer_;  ///< words fill it from the end towards the start; not initialised
  std::size_t first_word_byte_;
};

}  // namespace actz
