#if defined(__x86_64__)

#include <immintrin.h>

#include <array>

#include "entropy/rans_core.hpp"
#include "entropy/rans_kernels.hpp"

#define ACTZ_TARGET [[gnu::target("avx2,popcnt")]]

namespace actz {
namespace {

/// Byte shuffles that give the next words to the lanes of a mask, in lane order, and 0 to the others.
struct WordShuffles {
  alignas(16) std::array<std::array<std::uint8_t, 16>, 256> of_mask{};
  constexpr WordShuffles() {
    for (unsigned mask = 0; mask < 256; ++mask) {
      std::uint8_t next_byte = 0;
      for (unsigned lane = 0; lane < 8; ++lane) {
        const bool needs_word = (mask >> lane & 1) != 0;
        of_mask[mask][2 * lane] = needs_word ? next_byte++ : 0x80;
        of_mask[mask][2 * lane + 1] = needs_word ? next_byte++ : 0x80;
      }
    }
  }
};
constexpr WordShuffles kWordShuffles;

/// What all vectors of a call share.
struct Constants {
  const std::uint32_t* entries;
  __m256i slot_mask;
  __m128i precision_bits;
};

/// Table entries of four symbols whose indices stand in two pairs.
ACTZ_TARGET [[gnu::always_inline]] inline __m128i load_entries(const std::uint32_t* entries, std::uint64_t pair_0,
                                                               std::uint64_t pair_1) {
  __m128i four = _mm_cvtsi32_si128(static_cast<int>(entries[static_cast<std::uint32_t>(pair_0)]));
  four = _mm_insert_epi32(four, static_cast<int>(entries[pair_0 >> 32]), 1);
  four = _mm_insert_epi32(four, static_cast<int>(entries[static_cast<std::uint32_t>(pair_1)]), 2);
  return _mm_insert_epi32(four, static_cast<int>(entries[pair_1 >> 32]), 3);
}

/// Decodes the next symbol of the 8 lanes of `state`.
ACTZ_TARGET [[gnu::always_inline]] inline __m256i decode_8(const Constants& constants, __m256i state,
                                                           const std::uint32_t* table_offset,
                                                           const std::byte*& next_word, std::uint8_t* out) {
  alignas(32) std::uint64_t pairs[4];
  const __m256i slot = _mm256_and_si256(state, constants.slot_mask);
  const __m256i offsets = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(table_offset));
  _mm256_store_si256(reinterpret_cast<__m256i*>(pairs), _mm256_add_epi32(slot, offsets));
  const __m256i entry = _mm256_set_m128i(load_entries(constants.entries, pairs[2], pairs[3]),
                                         load_entries(constants.entries, pairs[0], pairs[1]));
  const __m256i quotient = _mm256_srl_epi32(state, constants.precision_bits);
  const __m256i frequency_minus_1 = _mm256_and_si256(_mm256_srli_epi32(entry, 8), _mm256_set1_epi32(0xFFF));
  const __m256i rest = _mm256_add_epi32(quotient, _mm256_srli_epi32(entry, 20));
  const __m256i taken = _mm256_add_epi32(_mm256_mullo_epi32(frequency_minus_1, quotient), rest);

  const __m256i symbol = _mm256_and_si256(entry, _mm256_set1_epi32(0xFF));
  const __m128i symbol_words = _mm_packus_epi32(_mm256_castsi256_si128(symbol), _mm256_extracti128_si256(symbol, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(out), _mm_packus_epi16(symbol_words, symbol_words));

  const __m256i needs_word = _mm256_cmpeq_epi32(_mm256_srli_epi32(taken, 16), _mm256_setzero_si256());
  const auto mask = static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(needs_word)));
  const __m128i shuffle = _mm_load_si128(reinterpret_cast<const __m128i*>(kWordShuffles.of_mask[mask].data()));
  const __m128i words = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(next_word)), shuffle);
  next_word += 2 * _mm_popcnt_u32(mask);
  const __m256i shifted = _mm256_blendv_epi8(taken, _mm256_slli_epi32(taken, 16), needs_word);
  return _mm256_or_si256(shifted, _mm256_cvtepu16_epi32(words));
}

/// Handles 8 · Vectors lanes, whose states stay in registers during the whole groups.
template <std::size_t Vectors>
ACTZ_TARGET std::size_t decode_avx2(DecodeCursor& cursor, const TableSchedule& schedule, std::size_t first_symbol,
                                    std::size_t symbol_count, std::uint8_t* out) {
  constexpr std::size_t kLanes = 8 * Vectors;
  const Constants constants = {cursor.entries, _mm256_set1_epi32((1 << cursor.precision_bits) - 1),
                               _mm_cvtsi32_si128(static_cast<int>(cursor.precision_bits))};
  const std::byte* next_word = cursor.next_word;
  const std::byte* const last_start = cursor.last_start;
  std::size_t position = first_symbol % schedule.period;
  std::size_t done = first_symbol;

  auto* const saved = reinterpret_cast<__m256i*>(cursor.states);
  __m256i states[Vectors];
#pragma GCC unroll 16
  for (std::size_t v = 0; v < Vectors; ++v) states[v] = _mm256_load_si256(saved + v);
  while (symbol_count - done >= kLanes && next_word <= last_start) {
    const std::uint32_t* const offsets = schedule.table_offset + position;
#pragma GCC unroll 16
    for (std::size_t v = 0; v < Vectors; ++v) {
      states[v] = decode_8(constants, states[v], offsets + 8 * v, next_word, out + done + 8 * v);
    }
    done += kLanes;
    position += kLanes;
    if (position >= schedule.period) position -= schedule.period;
  }
#pragma GCC unroll 16
  for (std::size_t v = 0; v < Vectors; ++v) _mm256_store_si256(saved + v, states[v]);

  if (done < symbol_count && next_word <= last_start) {  // the group in which the step ends
    const std::uint32_t* const offsets = schedule.table_offset + position;
    const std::size_t group = symbol_count - done;
    std::size_t lane = 0;
    for (; lane + 8 <= group; lane += 8) {
      const __m256i state = _mm256_load_si256(saved + lane / 8);
      _mm256_store_si256(saved + lane / 8, decode_8(constants, state, offsets + lane, next_word, out + done + lane));
    }
    for (; lane < group; ++lane) {
      const std::uint32_t* const table = cursor.entries + offsets[lane];
      out[done + lane] = decode_symbol(cursor.states[lane], table, cursor.precision_bits, next_word);
    }
    done = symbol_count;
  }
  cursor.next_word = next_word;
  return done;
}

}  // namespace

DecodeKernel decode_kernel_avx2(unsigned lanes) {
  switch (lanes) {
    case 8: return decode_avx2<1>;
    case 16: return decode_avx2<2>;
    case 32: return decode_avx2<4>;
    case 64: return decode_avx2<8>;
    default: return decode_avx2<16>;
  }
}

}  // namespace actz

#endif
