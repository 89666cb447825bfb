#if defined(__x86_64__)

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // false alarms in g++ 12's own intrinsics, GCC bug 105593
#endif

#include <immintrin.h>

#include "entropy/rans_kernels.hpp"

#define ACTZ_TARGET [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi2,popcnt")]]

namespace actz {
namespace {

/// What all vectors of a call share.
struct Constants {
  const EncodeEntry* entries;
  __m512i scale;            ///< 2^precision_bits
  __m128i threshold_shift;  ///< 32 − precision_bits
};

ACTZ_TARGET [[gnu::always_inline]] inline __m128i load_two(const EncodeEntry& first, const EncodeEntry& second) {
  const __m128i low = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(&first));
  return _mm_castps_si128(_mm_loadh_pi(_mm_castsi128_ps(low), reinterpret_cast<const __m64*>(&second)));
}

/// Entries of eight symbols, those at index[0], index[2] … index[14].
ACTZ_TARGET [[gnu::always_inline]] inline __m512i load_every_second(const EncodeEntry* entries,
                                                                    const std::uint32_t* index) {
  const __m256i low =
      _mm256_set_m128i(load_two(entries[index[4]], entries[index[6]]), load_two(entries[index[0]], entries[index[2]]));
  const __m256i high = _mm256_set_m128i(load_two(entries[index[12]], entries[index[14]]),
                                        load_two(entries[index[8]], entries[index[10]]));
  return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

/// Encodes a symbol on the 16 lanes of `state`, those in `active` only; overwrites the 32 bytes below first_word.
ACTZ_TARGET [[gnu::always_inline]] inline __m512i encode_16(const Constants& constants, __m512i state, __mmask16 active,
                                                            const std::uint32_t* table_offset,
                                                            const std::uint8_t* symbols, std::byte*& first_word) {
  alignas(64) std::uint32_t index[16];
  const __m512i symbol = _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(symbols)));
  _mm512_store_si512(index, _mm512_add_epi32(symbol, _mm512_loadu_si512(table_offset)));
  const __m512i even = load_every_second(constants.entries, index);  // 64-bit entries: reciprocal low, packed high
  const __m512i odd = load_every_second(constants.entries, index + 1);
  const __m512i packed = _mm512_mask_mov_epi32(_mm512_srli_epi64(even, 32), 0xAAAA, odd);
  const __m512i frequency = _mm512_and_si512(packed, _mm512_set1_epi32(0x1FFF));

  // The words of the emitting lanes, in lane order, moved to the end of a vector of 16.
  const __m512i high_bits = _mm512_srl_epi32(state, constants.threshold_shift);
  const __mmask16 emits = _mm512_mask_cmpge_epu32_mask(active, high_bits, frequency);
  const auto emitted = static_cast<short>(_mm_popcnt_u32(emits));
  const __m256i iota = _mm256_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m256i words = _mm256_maskz_compress_epi16(emits, _mm512_cvtepi32_epi16(state));
  const __m256i at_end = _mm256_permutexvar_epi16(_mm256_add_epi16(iota, _mm256_set1_epi16(emitted)), words);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(first_word - 32), at_end);
  first_word -= 2 * emitted;
  const __m512i shortened = _mm512_mask_srli_epi32(state, emits, state, 16);

  // The rest of encode_symbol. The addition of 1 overflows only if f = 2^p, where the quotient is multiplied by 0.
  const __m512i dividend = _mm512_add_epi32(shortened, _mm512_srli_epi32(packed, 31));
  const __m512i even_product = _mm512_mul_epu32(dividend, even);
  const __m512i odd_product = _mm512_mul_epu32(_mm512_srli_epi64(dividend, 32), odd);
  const __m512i product = _mm512_mask_mov_epi32(_mm512_srli_epi64(even_product, 32), 0xAAAA, odd_product);
  const __m512i shift = _mm512_and_si512(_mm512_srli_epi32(packed, 25), _mm512_set1_epi32(0xF));
  const __m512i quotient = _mm512_srlv_epi32(product, shift);
  const __m512i cumulative = _mm512_and_si512(_mm512_srli_epi32(packed, 13), _mm512_set1_epi32(0xFFF));
  const __m512i added = _mm512_mullo_epi32(quotient, _mm512_sub_epi32(constants.scale, frequency));
  return _mm512_mask_add_epi32(state, active, _mm512_add_epi32(shortened, cumulative), added);
}

/// Handles 16 · Vectors lanes, whose states stay in registers during the whole groups.
template <std::size_t Vectors>
ACTZ_TARGET void encode_avx512(EncodeCursor& cursor, const TableSchedule& schedule, const std::uint8_t* symbols,
                               std::size_t symbol_count) {
  constexpr std::size_t kLanes = 16 * Vectors;
  const auto precision_bits = static_cast<int>(cursor.precision_bits);
  const Constants constants = {cursor.entries, _mm512_set1_epi32(1 << precision_bits),
                               _mm_cvtsi32_si128(32 - precision_bits)};
  std::byte* first_word = cursor.first_word;
  std::size_t start = symbol_count / kLanes * kLanes;  // of the group to encode
  std::size_t position = start % schedule.period;

  for (std::size_t rest = symbol_count - start; rest > 0;) {  // the group in which the step ends
    const std::size_t lane = (rest - 1) / 16 * 16;
    const auto active = static_cast<__mmask16>((1u << (rest - lane)) - 1);
    const std::uint32_t* const offsets = schedule.table_offset + position + lane;
    const __m512i state = _mm512_load_si512(cursor.states + lane);
    _mm512_store_si512(cursor.states + lane,
                       encode_16(constants, state, active, offsets, symbols + start + lane, first_word));
    rest = lane;
  }

  __m512i states[Vectors];
#pragma GCC unroll 8
  for (std::size_t v = 0; v < Vectors; ++v) states[v] = _mm512_load_si512(cursor.states + 16 * v);
  while (start > 0) {
    start -= kLanes;
    position = position >= kLanes ? position - kLanes : position + schedule.period - kLanes;
    const std::uint32_t* const offsets = schedule.table_offset + position;
#pragma GCC unroll 8
    for (std::size_t i = 0; i < Vectors; ++i) {
      const std::size_t v = Vectors - 1 - i;
      states[v] = encode_16(constants, states[v], 0xFFFF, offsets + 16 * v, symbols + start + 16 * v, first_word);
    }
  }
#pragma GCC unroll 8
  for (std::size_t v = 0; v < Vectors; ++v) _mm512_store_si512(cursor.states + 16 * v, states[v]);
  cursor.first_word = first_word;
}

}  // namespace

EncodeKernel encode_kernel_avx512(unsigned lanes) {
  switch (lanes) {
    case 16: return encode_avx512<1>;
    case 32: return encode_avx512<2>;
    case 64: return encode_avx512<4>;
    default: return encode_avx512<8>;
  }
}

}  // namespace actz

#endif
