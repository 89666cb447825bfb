#if defined(__x86_64__)

#include <immintrin.h>

#include <array>

#include "entropy/rans_core.hpp"
#include "entropy/rans_kernels.hpp"

#define ACTZ_TARGET [[gnu::target("avx2,popcnt")]]

namespace actz {
namespace {

/// Byte shuffles that move the words of the lanes of a mask, in lane order, to the end of a vector of 8 words.
struct WordShuffles {
  alignas(16) std::array<std::array<std::uint8_t, 16>, 256> of_mask{};
  constexpr WordShuffles() {
    for (unsigned mask = 0; mask < 256; ++mask) {
      unsigned next_word = 8;
      for (unsigned lane = 8; lane-- > 0;) {
        if ((mask >> lane & 1) == 0) continue;
        --next_word;
        of_mask[mask][2 * next_word] = static_cast<std::uint8_t>(2 * lane);
        of_mask[mask][2 * next_word + 1] = static_cast<std::uint8_t>(2 * lane + 1);
      }
    }
  }
};
constexpr WordShuffles kWordShuffles;

/// What all vectors of a call share.
struct Constants {
  const EncodeEntry* entries;
  __m256i scale;            ///< 2^precision_bits
  __m128i threshold_shift;  ///< 32 − precision_bits
};

ACTZ_TARGET [[gnu::always_inline]] inline __m128i load_two(const EncodeEntry& first, const EncodeEntry& second) {
  const __m128i low = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(&first));
  return _mm_castps_si128(_mm_loadh_pi(_mm_castsi128_ps(low), reinterpret_cast<const __m64*>(&second)));
}

/// Encodes a symbol on the 8 lanes of `state`; overwrites the 16 bytes below first_word.
ACTZ_TARGET [[gnu::always_inline]] inline __m256i encode_8(const Constants& constants, __m256i state,
                                                           const std::uint32_t* table_offset,
                                                           const std::uint8_t* symbols, std::byte*& first_word) {
  alignas(32) std::uint32_t index[8];
  const __m256i symbol = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(symbols)));
  const __m256i offsets = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(table_offset));
  _mm256_store_si256(reinterpret_cast<__m256i*>(index), _mm256_add_epi32(symbol, offsets));
  const EncodeEntry* const entries = constants.entries;
  const __m256i even = _mm256_set_m128i(load_two(entries[index[4]], entries[index[6]]),   // 64-bit entries:
                                        load_two(entries[index[0]], entries[index[2]]));  // reciprocal low, packed high
  const __m256i odd =
      _mm256_set_m128i(load_two(entries[index[5]], entries[index[7]]), load_two(entries[index[1]], entries[index[3]]));
  const __m256i packed = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA);
  const __m256i frequency = _mm256_and_si256(packed, _mm256_set1_epi32(0x1FFF));

  const __m256i keeps = _mm256_cmpgt_epi32(frequency, _mm256_srl_epi32(state, constants.threshold_shift));
  const auto mask = static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(keeps))) ^ 0xFF;
  const __m256i low_words = _mm256_and_si256(state, _mm256_set1_epi32(0xFFFF));
  const __m128i words = _mm_packus_epi32(_mm256_castsi256_si128(low_words), _mm256_extracti128_si256(low_words, 1));
  const __m128i shuffle = _mm_load_si128(reinterpret_cast<const __m128i*>(kWordShuffles.of_mask[mask].data()));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(first_word - 16), _mm_shuffle_epi8(words, shuffle));
  first_word -= 2 * _mm_popcnt_u32(mask);
  const __m256i shortened = _mm256_blendv_epi8(_mm256_srli_epi32(state, 16), state, keeps);

  // The rest of encode_symbol. The addition of 1 overflows only if f = 2^p, where the quotient is multiplied by 0.
  const __m256i dividend = _mm256_add_epi32(shortened, _mm256_srli_epi32(packed, 31));
  const __m256i even_product = _mm256_mul_epu32(dividend, even);
  const __m256i odd_product = _mm256_mul_epu32(_mm256_srli_epi64(dividend, 32), odd);
  const __m256i product = _mm256_blend_epi32(_mm256_srli_epi64(even_product, 32), odd_product, 0xAA);
  const __m256i shift = _mm256_and_si256(_mm256_srli_epi32(packed, 25), _mm256_set1_epi32(0xF));
  const __m256i quotient = _mm256_srlv_epi32(product, shift);
  const __m256i cumulative = _mm256_and_si256(_mm256_srli_epi32(packed, 13), _mm256_set1_epi32(0xFFF));
  const __m256i added = _mm256_mullo_epi32(quotient, _mm256_sub_epi32(constants.scale, frequency));
  return _mm256_add_epi32(_mm256_add_epi32(shortened, cumulative), added);
}

ACTZ_TARGET void encode_avx2(EncodeCursor& cursor, const TableSchedule& schedule, const std::uint8_t* symbols,
                             std::size_t symbol_count) {
  const auto precision_bits = static_cast<int>(cursor.precision_bits);
  const Constants constants = {cursor.entries, _mm256_set1_epi32(1 << precision_bits),
                               _mm_cvtsi32_si128(32 - precision_bits)};
  const std::size_t lanes = cursor.lanes;
  std::byte* first_word = cursor.first_word;
  std::size_t start = symbol_count / lanes * lanes;  // of the group to encode
  std::size_t group = symbol_count - start;
  std::size_t position = start % schedule.period;
  while (true) {
    const std::uint32_t* const offsets = schedule.table_offset + position;
    std::size_t lane = group;
    for (; lane % 8 != 0; --lane) {
      const EncodeEntry& entry = cursor.entries[offsets[lane - 1] + symbols[start + lane - 1]];
      encode_symbol(cursor.states[lane - 1], entry, cursor.precision_bits, first_word);
    }
    while (lane > 0) {
      lane -= 8;
      auto* const states = reinterpret_cast<__m256i*>(cursor.states + lane);
      const __m256i state = _mm256_load_si256(states);
      _mm256_store_si256(states, encode_8(constants, state, offsets + lane, symbols + start + lane, first_word));
    }
    if (start == 0) break;
    start -= lanes;
    group = lanes;
    position = position >= lanes ? position - lanes : position + schedule.period - lanes;
  }
  cursor.first_word = first_word;
}

}  // namespace

EncodeKernel encode_kernel_avx2(unsigned) { return encode_avx2; }

}  // namespace actz

#endif
