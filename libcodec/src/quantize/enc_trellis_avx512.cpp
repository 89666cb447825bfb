#include "quantize/enc_trellis_kernels.hpp"

#if defined(__x86_64__)

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // false alarms in g++ 12's own intrinsics, GCC bug 105593
#pragma GCC diagnostic ignored "-Wsign-conversion"  // without optimisation its gathers are macros that convert masks
#endif

#include <immintrin.h>

#define ACTZ_TARGET [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl")]]

namespace actz {
namespace {

struct Avx512 : Vectors<16> {
  /// from[index]. g++ 12 drops the zeroing of a gather's destination when it knows the mask to be all ones, and every
  /// gather then waits for the one before: it must not know.
  ACTZ_TARGET static inline __m512i eight(const std::uint64_t* from, __m256i index) {
    __mmask8 all = 0xFF;
    asm("" : "+Yk"(all));
    return _mm512_mask_i32gather_epi64(_mm512_setzero_si512(), all, index, from, 8);
  }
  ACTZ_TARGET static inline void gather(const std::uint64_t* from, const I32& index, I32& low, I32& high) {
    const __m256i first_half = reinterpret_cast<const __m256i*>(&index)[0];
    const __m256i second_half = reinterpret_cast<const __m256i*>(&index)[1];
    const __m512i a = eight(from, first_half);
    const __m512i b = eight(from, second_half);
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    low = reinterpret_cast<I32>(_mm512_permutex2var_epi32(a, even, b));
    high = reinterpret_cast<I32>(_mm512_permutex2var_epi32(a, _mm512_add_epi32(even, _mm512_set1_epi32(1)), b));
  }
  ACTZ_TARGET static inline void look_up(const std::int32_t* from, const I32& index, I32& to) {
    to = reinterpret_cast<I32>(_mm512_permutexvar_epi32(reinterpret_cast<__m512i>(index), _mm512_loadu_si512(from)));
  }
};

template <unsigned StateBits, TrellisContexts Contexts>
ACTZ_TARGET void trellis_avx512(const TrellisQuantizer::Tables& tables, const float* coefficients, std::size_t rows,
                                TrellisStep* steps, std::int16_t* levels) {
  Trellis<Avx512, StateBits, Contexts>::run(tables, coefficients, rows, steps, levels);
}

}  // namespace

TrellisKernel trellis_kernel_avx512(unsigned state_bits, TrellisContexts contexts) {
  return ACTZ_SELECT_TRELLIS(trellis_avx512, state_bits, contexts);
}

}  // namespace actz

#endif
