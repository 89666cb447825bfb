#include "quantize/enc_trellis_kernels.hpp"
#include "quantize/enc_trellis_row.hpp"

#if defined(__x86_64__)

#include <immintrin.h>

#define ACTZ_TARGET [[gnu::target("avx2,popcnt,bmi")]]

namespace actz {
namespace {

struct Avx2 : Vectors<8> {
  /// Scalar loads: gathers are slow on AMD.
  ACTZ_TARGET static inline void gather(const std::uint64_t* from, const I32& index, I32& low, I32& high) {
    const auto entry = [&](std::size_t i) { return static_cast<long long>(from[index[i]]); };
    split(_mm256_setr_epi64x(entry(0), entry(1), entry(4), entry(5)),
          _mm256_setr_epi64x(entry(2), entry(3), entry(6), entry(7)), low, high);
  }
  /// When lanes 0, 1, 4, 5 have one index, and the others another.
  ACTZ_TARGET static inline void gather_two(const std::uint64_t* from, const I32& index, I32& low, I32& high) {
    split(_mm256_set1_epi64x(static_cast<long long>(from[index[0]])),
          _mm256_set1_epi64x(static_cast<long long>(from[index[2]])), low, high);
  }
  /// Two permutations of 8 entries and a choice between them: a third of the time of a gather on Zen 4.
  ACTZ_TARGET static inline void look_up(const std::int32_t* from, const I32& index, I32& to) {
    const auto all = reinterpret_cast<__m256i>(index);
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + 8));
    to = reinterpret_cast<I32>(_mm256_blendv_ps(_mm256_castsi256_ps(_mm256_permutevar8x32_epi32(low, all)),
                                                _mm256_castsi256_ps(_mm256_permutevar8x32_epi32(high, all)),
                                                _mm256_castsi256_ps(_mm256_slli_epi32(all, 28))));  // bit 3 to the sign
  }

 private:
  /// Halves of entries 0 1 4 5 and 2 3 6 7.
  ACTZ_TARGET static inline void split(__m256i a, __m256i b, I32& low, I32& high) {
    const __m256 first = _mm256_castsi256_ps(a), second = _mm256_castsi256_ps(b);
    low = reinterpret_cast<I32>(_mm256_shuffle_ps(first, second, _MM_SHUFFLE(2, 0, 2, 0)));
    high = reinterpret_cast<I32>(_mm256_shuffle_ps(first, second, _MM_SHUFFLE(3, 1, 3, 1)));
  }
};

template <unsigned StateBits, TrellisContexts Contexts>
ACTZ_TARGET void trellis_avx2(const TrellisQuantizer::Tables& tables, const float* coefficients, std::size_t rows,
                              TrellisStep* steps, std::int16_t* levels) {
  Trellis<Avx2, StateBits, Contexts>::run(tables, coefficients, rows, steps, levels);
}

template <unsigned StateBits, TrellisContexts Contexts>
ACTZ_TARGET void trellis_row_avx2(const TrellisQuantizer::Tables& tables, const float* coefficients,
                                  TrellisRowStep* steps, std::int16_t* levels) {
  TrellisRow<Avx2, StateBits, Contexts>::run(tables, coefficients, steps, levels);
}

}  // namespace

TrellisKernel trellis_kernel_avx2(unsigned state_bits, TrellisContexts contexts) {
  return ACTZ_SELECT_TRELLIS(trellis_avx2, state_bits, contexts);
}

TrellisRowKernel trellis_row_kernel_avx2(unsigned state_bits, TrellisContexts contexts) {
  return ACTZ_SELECT_DEPENDENT_TRELLIS(trellis_row_avx2, state_bits, contexts);
}

}  // namespace actz

#endif
