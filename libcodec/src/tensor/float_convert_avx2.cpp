#include <cstdint>

#include "tensor/float_convert_kernels.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace actz::float_convert {

#if defined(__x86_64__)

bool avx2_usable() {
  // clang 14 does not know "f16c" in __builtin_cpu_supports; whether the OS saves the registers is part of avx2.
  static const bool usable = [] {
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    const bool has_f16c = __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & bit_F16C) != 0;
    return has_f16c && __builtin_cpu_supports("avx2") != 0;
  }();
  return usable;
}

namespace {
constexpr std::size_t kLanes = 8;

[[gnu::target("avx2")]] __m256i load256(const std::byte* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}
[[gnu::target("avx2")]] __m128i load128(const std::byte* from) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}
[[gnu::target("avx2")]] void store128(std::byte* to, __m128i value) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), value);
}
[[gnu::target("avx2")]] void store256(std::byte* to, __m256i value) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), value);
}
}  // namespace

// VCVTPH2PS and VCVTPS2PH ignore flush-to-zero and, with an immediate mode, the rounding mode of MXCSR; both
// quiet a NaN and keep the top bits of its payload. Denormals-are-zero only hits inputs that round to zero anyway.
[[gnu::target("avx2,f16c")]] std::size_t f16_to_f32_avx2(const std::byte* from, std::byte* to,
                                                         std::size_t count_elems) {
  std::size_t i = 0;
  for (; i + kLanes <= count_elems; i += kLanes) {
    store256(to + i * 4, _mm256_castps_si256(_mm256_cvtph_ps(load128(from + i * 2))));
  }
  return i;
}

[[gnu::target("avx2,f16c")]] std::size_t f32_to_f16_avx2(const std::byte* from, std::byte* to,
                                                         std::size_t count_elems) {
  std::size_t i = 0;
  for (; i + kLanes <= count_elems; i += kLanes) {
    store128(to + i * 2, _mm256_cvtps_ph(_mm256_castsi256_ps(load256(from + i * 4)), _MM_FROUND_TO_NEAREST_INT));
  }
  return i;
}

[[gnu::target("avx2")]] std::size_t f32_to_bf16_avx2(const std::byte* from, std::byte* to, std::size_t count_elems) {
  const __m256i magnitude_mask = _mm256_set1_epi32(0x7FFFFFFF);
  const __m256i infinity = _mm256_set1_epi32(0x7F800000);
  const __m256i quiet_bit = _mm256_set1_epi32(0x400000);
  std::size_t i = 0;
  for (; i + kLanes <= count_elems; i += kLanes) {
    const __m256i bits = load256(from + i * 4);
    const __m256i is_nan = _mm256_cmpgt_epi32(_mm256_and_si256(bits, magnitude_mask), infinity);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    const __m256i rounded = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7FFF)));
    const __m256i chosen = _mm256_blendv_epi8(rounded, _mm256_or_si256(bits, quiet_bit), is_nan);
    const __m256i high = _mm256_srli_epi32(chosen, 16);
    const __m256i packed = _mm256_packus_epi32(high, high);  // within 128-bit halves
    store128(to + i * 2, _mm256_castsi256_si128(_mm256_permute4x64_epi64(packed, 0x08)));
  }
  return i;
}

// VCVTPD2PS would obey the rounding and flush-to-zero modes of MXCSR, so this rounds in integers too. Groups with a
// subnormal result, an overflow, an infinity or a NaN go to the scalar code.
[[gnu::target("avx2")]] std::size_t f64_to_f32_avx2(const std::byte* from, std::byte* to, std::size_t count_elems) {
  const __m256i magnitude_mask = _mm256_set1_epi64x(0x7FFFFFFFFFFFFFFF);
  const __m256i below_normal = _mm256_set1_epi64x(0x380FFFFFFFFFFFFF);     // 2^-126, less one bit
  const __m256i largest = _mm256_set1_epi64x(0x47EFFFFFEFFFFFFF);          // the next one rounds to infinity
  const __m256i bias_difference = _mm256_set1_epi64x(0x3800000000000000);  // (1023 - 127) << 52
  const __m256i low_words = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);
  std::size_t i = 0;
  for (; i + 4 <= count_elems; i += 4) {
    const __m256i bits = load256(from + i * 8);
    const __m256i magnitude = _mm256_and_si256(bits, magnitude_mask);
    const __m256i is_zero = _mm256_cmpeq_epi64(magnitude, _mm256_setzero_si256());
    const __m256i is_plain =
        _mm256_andnot_si256(_mm256_cmpgt_epi64(magnitude, largest), _mm256_cmpgt_epi64(magnitude, below_normal));
    if (_mm256_movemask_epi8(_mm256_or_si256(is_plain, is_zero)) != -1) {
      f64_to_f32_scalar(from + i * 8, to + i * 4, 4);
      continue;
    }
    const __m256i rebased = _mm256_sub_epi64(magnitude, bias_difference);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi64(rebased, 29), _mm256_set1_epi64x(1));
    const __m256i rounded = _mm256_add_epi64(rebased, _mm256_add_epi64(odd, _mm256_set1_epi64x(0x0FFFFFFF)));
    const __m256i narrow = _mm256_andnot_si256(is_zero, _mm256_srli_epi64(rounded, 29));
    const __m256i sign = _mm256_slli_epi64(_mm256_srli_epi64(bits, 63), 31);
    const __m256i packed = _mm256_permutevar8x32_epi32(_mm256_or_si256(narrow, sign), low_words);
    store128(to + i * 4, _mm256_castsi256_si128(packed));
  }
  return i;
}

#else

bool avx2_usable() { return false; }
std::size_t f16_to_f32_avx2(const std::byte*, std::byte*, std::size_t) { return 0; }
std::size_t f64_to_f32_avx2(const std::byte*, std::byte*, std::size_t) { return 0; }
std::size_t f32_to_f16_avx2(const std::byte*, std::byte*, std::size_t) { return 0; }
std::size_t f32_to_bf16_avx2(const std::byte*, std::byte*, std::size_t) { return 0; }

#endif

}  // namespace actz::float_convert
