#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "entropy/rans.hpp"

/// The reference: one symbol each way (format_spec/07_entropy_coder.md). Every kernel gives the same bytes.

namespace actz {

/// Decodes one symbol. Reads, but does not always take, the two bytes at next_word.
/// @param table  the 2^precision_bits entries of the symbol's class.
inline std::uint8_t decode_symbol(std::uint32_t& state, const std::uint32_t* table, unsigned precision_bits,
                                  const std::byte*& next_word) {
  const std::uint32_t entry = table[state & ((1u << precision_bits) - 1)];
  const std::uint32_t frequency = ((entry >> 8) & 0xFFF) + 1;
  const std::uint32_t taken = frequency * (state >> precision_bits) + (entry >> 20);
  const bool needs_word = taken < kRansLowerBound;  // used without a branch, which would often be mispredicted
  const std::uint32_t refilled = taken << 16 | load_le<std::uint16_t>(next_word);
  state = needs_word ? refilled : taken;
  next_word += needs_word ? 2 : 0;
  return static_cast<std::uint8_t>(entry);
}

/// Encodes one symbol. Overwrites, but does not always keep, the two bytes below first_word.
/// The last line is ((x / f) << p) + x mod f + c, written as x + c + (x / f) · (2^p − f).
inline void encode_symbol(std::uint32_t& state, const EncodeEntry& entry, unsigned precision_bits,
                          std::byte*& first_word) {
  const bool emits = state >> (32 - precision_bits) >= entry.frequency();  // x ≥ f << (32 − p), without overflow
  store_le(first_word - 2, static_cast<std::uint16_t>(state));
  first_word -= emits ? 2 : 0;
  const std::uint32_t x = emits ? state >> 16 : state;
  const std::uint64_t product = (std::uint64_t{x} + entry.add_one()) * entry.reciprocal;
  const auto quotient = static_cast<std::uint32_t>(product >> (32 + entry.shift()));
  state = x + entry.cumulative() + quotient * ((1u << precision_bits) - entry.frequency());
}

}  // namespace actz
