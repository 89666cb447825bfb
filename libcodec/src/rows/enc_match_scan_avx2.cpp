#include "rows/enc_match_scan.hpp"

#if defined(__x86_64__)

#include <immintrin.h>

#include <cstring>

namespace actz {
namespace {

/// One bit for each float that is less.
struct LessMask {
  [[gnu::target("avx2")]] unsigned operator()(const F32x16& values, float than) const {
    __m256 half[2];
    std::memcpy(half, &values, sizeof(half));
    const __m256 bound = _mm256_set1_ps(than);
    const auto low = static_cast<unsigned>(_mm256_movemask_ps(_mm256_cmp_ps(half[0], bound, _CMP_LT_OQ)));
    const auto high = static_cast<unsigned>(_mm256_movemask_ps(_mm256_cmp_ps(half[1], bound, _CMP_LT_OQ)));
    return low | high << 8;
  }
};

[[gnu::target("avx2")]] void scan(const float* sketches, const std::uint32_t* number, std::size_t size,
                                  const float* row, std::size_t used, AddressRange left_out, NearestSketches& best) {
  scan_sketches(sketches, number, size, row, used, left_out, best, LessMask{});
}
[[gnu::target("avx2")]] float squared_distance(const float* row, const std::int32_t* other, std::size_t count) {
  return sum_squared_distance(row, other, count);
}
[[gnu::target("avx2")]] float squared_left(const float* row, const std::int32_t* matched, const std::uint8_t* gain,
                                           std::size_t count) {
  return sum_squared_left(row, matched, gain, count);
}

}  // namespace

const MatchKernels kMatchKernelsAvx2 = {scan, squared_distance, squared_left};

}  // namespace actz

#endif
