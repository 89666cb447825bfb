#if defined(__x86_64__)

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // false alarms in g++ 12's own intrinsics, GCC bug 105593
#endif

#include <immintrin.h>

#include <algorithm>

#include "entropy/rans_kernels.hpp"

#define ACTZ_TARGET [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi2,popcnt")]]

namespace actz {
namespace {

/// What all vectors of a call share.
struct Constants {
  const std::uint32_t* entries;
  __m512i slot_mask;
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

/// Table entries of 16 symbols. Scalar loads, because gathers are slow on AMD: on Zen 4 they cost 15 to 25 % of
/// the pace.
ACTZ_TARGET [[gnu::always_inline]] inline __m512i load_entries(const std::uint32_t* entries, __m512i index) {
  alignas(64) std::uint64_t pairs[8];
  _mm512_store_si512(pairs, index);
  const __m256i low =
      _mm256_set_m128i(load_entries(entries, pairs[2], pairs[3]), load_entries(entries, pairs[0], pairs[1]));
  const __m256i high =
      _mm256_set_m128i(load_entries(entries, pairs[6], pairs[7]), load_entries(entries, pairs[4], pairs[5]));
  return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

/// Decodes the next symbol of the 16 lanes of `state`, those in `active` only; stores 16 symbols in any case.
ACTZ_TARGET [[gnu::always_inline]] inline __m512i decode_16(const Constants& constants, __m512i state, __mmask16 active,
                                                            const std::uint32_t* table_offset,
                                                            const std::byte*& next_word, std::uint8_t* out) {
  const __m512i slot = _mm512_and_si512(state, constants.slot_mask);
  const __m512i entry = load_entries(constants.entries, _mm512_add_epi32(slot, _mm512_loadu_si512(table_offset)));
  const __m512i quotient = _mm512_srl_epi32(state, constants.precision_bits);
  const __m512i frequency_minus_1 = _mm512_and_si512(_mm512_srli_epi32(entry, 8), _mm512_set1_epi32(0xFFF));
  const __m512i rest = _mm512_add_epi32(quotient, _mm512_srli_epi32(entry, 20));
  const __m512i taken = _mm512_add_epi32(_mm512_mullo_epi32(frequency_minus_1, quotient), rest);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm512_cvtepi32_epi8(entry));

  // A full load and an expansion in registers, because expanding loads are slow on Zen 4.
  const __mmask16 needs_word = _mm512_mask_cmplt_epu32_mask(active, taken, _mm512_set1_epi32(kRansLowerBound));
  const __m512i words = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(next_word)));
  next_word += 2 * _mm_popcnt_u32(needs_word);
  const __m512i refilled = _mm512_or_si512(_mm512_mask_slli_epi32(taken, needs_word, taken, 16),
                                           _mm512_maskz_expand_epi32(needs_word, words));
  return _mm512_mask_mov_epi32(state, active, refilled);
}

/// Handles 16 · Vectors lanes, whose states stay in registers during the whole groups.
template <std::size_t Vectors>
ACTZ_TARGET std::size_t decode_avx512(DecodeCursor& cursor, const TableSchedule& schedule, std::size_t first_symbol,
                                      std::size_t symbol_count, std::uint8_t* out) {
  constexpr std::size_t kLanes = 16 * Vectors;
  const Constants constants = {cursor.entries, _mm512_set1_epi32((1 << cursor.precision_bits) - 1),
                               _mm_cvtsi32_si128(static_cast<int>(cursor.precision_bits))};
  const std::byte* next_word = cursor.next_word;
  const std::byte* const last_start = cursor.last_start;
  std::size_t position = first_symbol % schedule.period;
  std::size_t done = first_symbol;

  __m512i states[Vectors];
#pragma GCC unroll 8
  for (std::size_t v = 0; v < Vectors; ++v) states[v] = _mm512_load_si512(cursor.states + 16 * v);
  while (symbol_count - done >= kLanes && next_word <= last_start) {
    const std::uint32_t* const offsets = schedule.table_offset + position;
#pragma GCC unroll 8
    for (std::size_t v = 0; v < Vectors; ++v) {
      states[v] = decode_16(constants, states[v], 0xFFFF, offsets + 16 * v, next_word, out + done + 16 * v);
    }
    done += kLanes;
    position += kLanes;
    if (position >= schedule.period) position -= schedule.period;
  }
#pragma GCC unroll 8
  for (std::size_t v = 0; v < Vectors; ++v) _mm512_store_si512(cursor.states + 16 * v, states[v]);

  if (done < symbol_count && next_word <= last_start) {  // the group in which the step ends
    const std::uint32_t* offsets = schedule.table_offset + position;
    for (std::uint32_t* state = cursor.states; done < symbol_count; state += 16, offsets += 16) {
      const std::size_t count = std::min<std::size_t>(symbol_count - done, 16);
      const auto active = static_cast<__mmask16>((1u << count) - 1);
      const __m512i next = decode_16(constants, _mm512_load_si512(state), active, offsets, next_word, out + done);
      _mm512_store_si512(state, next);
      done += count;
    }
  }
  cursor.next_word = next_word;
  return done;
}

}  // namespace

DecodeKernel decode_kernel_avx512(unsigned lanes) {
  switch (lanes) {
    case 32: return decode_avx512<2>;
    case 64: return decode_avx512<4>;
    default: return decode_avx512<8>;
  }
}

}  // namespace actz

#endif
