#include "quantize/enc_uniform_kernels.hpp"

#if defined(__x86_64__)

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // false alarms in g++ 12's own intrinsics, GCC bug 105593
#pragma GCC diagnostic ignored "-Wsign-conversion"  // without optimisation its gathers are macros that convert masks
#endif

#include <immintrin.h>

#define ACTZ_TARGET [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl")]]

namespace actz {
namespace {

/// bits[index]. g++ 12 drops the zeroing of a gather's destination when it knows the mask to be all ones, and every
/// gather then waits for the one before: it must not know.
ACTZ_TARGET [[gnu::always_inline]] inline __m512 gather_16(const float* bits, __m512i index) {
  __mmask16 all = 0xFFFF;
  asm("" : "+Yk"(all));
  return _mm512_mask_i32gather_ps(_mm512_setzero_ps(), all, index, bits, sizeof(float));
}

/// Costs of 16 levels, given by magnitude; `negative` are the coefficients below zero.
ACTZ_TARGET [[gnu::always_inline]] inline __m512 cost_16(const float* bits, __m512i zero_index, __m512 energy,
                                                         __m512 magnitude, __m512i level, __mmask16 negative) {
  const __m512i in_window = _mm512_min_epi32(level, _mm512_set1_epi32(RateTable::kWindow));
  const __m512i step = _mm512_mask_sub_epi32(in_window, negative, _mm512_setzero_si512(), in_window);
  const __m512 error = _mm512_sub_ps(magnitude, _mm512_cvtepi32_ps(level));
  return _mm512_add_ps(_mm512_mul_ps(_mm512_mul_ps(energy, error), error),
                       gather_16(bits, _mm512_add_epi32(zero_index, step)));
}

}  // namespace

ACTZ_TARGET void uniform_avx512(const UniformQuantizer::Tables& tables, const float* coefficients,
                                std::int16_t* levels) {
  const __m512 weight = _mm512_set1_ps(tables.distortion_weight);
  std::size_t k = 0;
  for (; k + 16 <= tables.count; k += 16) {
    const __m512 value = _mm512_loadu_ps(coefficients + k);
    const __mmask16 negative = _mm512_movepi32_mask(_mm512_castps_si512(value));
    const __m512 magnitude = _mm512_min_ps(_mm512_abs_ps(value), _mm512_set1_ps(kLargestLevel));
    const __m512i nearest = _mm512_cvttps_epi32(_mm512_add_ps(magnitude, _mm512_set1_ps(0.5F)));
    __m512i best = nearest;
    if (_mm512_test_epi32_mask(nearest, nearest) != 0) {
      const __m512i zero_index = _mm512_loadu_si512(tables.zero_index + k);
      const __m512 energy = _mm512_mul_ps(weight, _mm512_loadu_ps(tables.energy_over_lambda + k));
      const __m512i inner = _mm512_max_epi32(_mm512_sub_epi32(nearest, _mm512_set1_epi32(1)), _mm512_setzero_si512());
      const __m512 nearest_cost = cost_16(tables.bits, zero_index, energy, magnitude, nearest, negative);
      const __m512 inner_cost = cost_16(tables.bits, zero_index, energy, magnitude, inner, negative);
      best = _mm512_mask_mov_epi32(best, _mm512_cmp_ps_mask(inner_cost, nearest_cost, _CMP_LT_OQ), inner);
      if (const __mmask16 two = _mm512_cmpeq_epi32_mask(nearest, _mm512_set1_epi32(2)); two != 0) {
        const __m512 best_cost = _mm512_min_ps(inner_cost, nearest_cost);
        const __m512 zero_cost = _mm512_add_ps(_mm512_mul_ps(_mm512_mul_ps(energy, magnitude), magnitude),
                                               _mm512_loadu_ps(tables.zero_bits + k));
        best = _mm512_mask_mov_epi32(best, _mm512_mask_cmp_ps_mask(two, zero_cost, best_cost, _CMP_LT_OQ),
                                     _mm512_setzero_si512());
      }
      best = _mm512_mask_sub_epi32(best, negative, _mm512_setzero_si512(), best);
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(levels + k), _mm512_cvtepi32_epi16(best));
  }
  uniform_from(tables, k, coefficients, levels);
}

}  // namespace actz

#endif
