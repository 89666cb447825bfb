#include "quantize/enc_uniform_kernels.hpp"

#if defined(__x86_64__)

#include <immintrin.h>

#define ACTZ_TARGET [[gnu::target("avx2")]]

namespace actz {
namespace {

/// Costs of 8 levels, given by magnitude; `sign` is −1 or 1.
ACTZ_TARGET [[gnu::always_inline]] inline __m256 cost_8(const float* bits, __m256i zero_index, __m256 energy,
                                                        __m256 magnitude, __m256i level, __m256i sign) {
  const __m256i in_window = _mm256_min_epi32(level, _mm256_set1_epi32(RateTable::kWindow));
  const __m256i index = _mm256_add_epi32(zero_index, _mm256_sign_epi32(in_window, sign));
  const __m256 error = _mm256_sub_ps(magnitude, _mm256_cvtepi32_ps(level));
  return _mm256_add_ps(_mm256_mul_ps(_mm256_mul_ps(energy, error), error),
                       _mm256_i32gather_ps(bits, index, sizeof(float)));
}

}  // namespace

ACTZ_TARGET void uniform_avx2(const UniformQuantizer::Tables& tables, const float* coefficients, std::int16_t* levels) {
  const __m256 absolute = _mm256_castsi256_ps(_mm256_set1_epi32(0x7FFFFFFF));
  const __m256 weight = _mm256_set1_ps(tables.distortion_weight);
  std::size_t k = 0;
  for (; k + 8 <= tables.count; k += 8) {
    const __m256 value = _mm256_loadu_ps(coefficients + k);
    const __m256i sign = _mm256_or_si256(_mm256_srai_epi32(_mm256_castps_si256(value), 31), _mm256_set1_epi32(1));
    const __m256 magnitude = _mm256_min_ps(_mm256_and_ps(value, absolute), _mm256_set1_ps(kLargestLevel));
    const __m256i nearest = _mm256_cvttps_epi32(_mm256_add_ps(magnitude, _mm256_set1_ps(0.5F)));
    const __m256i zero_index = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(tables.zero_index + k));
    const __m256 energy = _mm256_mul_ps(weight, _mm256_loadu_ps(tables.energy_over_lambda + k));
    const __m256i inner = _mm256_max_epi32(_mm256_sub_epi32(nearest, _mm256_set1_epi32(1)), _mm256_setzero_si256());
    const __m256 nearest_cost = cost_8(tables.bits, zero_index, energy, magnitude, nearest, sign);
    const __m256 inner_cost = cost_8(tables.bits, zero_index, energy, magnitude, inner, sign);
    const __m256 inner_wins = _mm256_cmp_ps(inner_cost, nearest_cost, _CMP_LT_OQ);
    __m256i best = _mm256_blendv_epi8(nearest, inner, _mm256_castps_si256(inner_wins));
    const __m256i two = _mm256_cmpeq_epi32(nearest, _mm256_set1_epi32(2));
    if (_mm256_movemask_epi8(two) != 0) {
      const __m256 best_cost = _mm256_min_ps(inner_cost, nearest_cost);
      const __m256 zero_cost = _mm256_add_ps(_mm256_mul_ps(_mm256_mul_ps(energy, magnitude), magnitude),
                                             _mm256_loadu_ps(tables.zero_bits + k));
      const __m256i zero_wins = _mm256_castps_si256(_mm256_cmp_ps(zero_cost, best_cost, _CMP_LT_OQ));
      best = _mm256_andnot_si256(_mm256_and_si256(two, zero_wins), best);
    }
    best = _mm256_sign_epi32(best, sign);
    const __m256i packed = _mm256_permute4x64_epi64(_mm256_packs_epi32(best, best), 0x08);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(levels + k), _mm256_castsi256_si128(packed));
  }
  uniform_from(tables, k, coefficients, levels);
}

}  // namespace actz

#endif
