#include "rows/enc_match_scan.hpp"

#if defined(__x86_64__)

#include <immintrin.h>

namespace actz {
namespace {

using Lanes = Vectors<8>;

/// One bit for each float that is less.
struct LessMask {
  [[gnu::target("avx2")]] unsigned operator()(const Lanes::F32& values, float than) const {
    const __m256 less = _mm256_cmp_ps(reinterpret_cast<__m256>(values), _mm256_set1_ps(than), _CMP_LT_OQ);
    return static_cast<unsigned>(_mm256_movemask_ps(less));
  }
};

[[gnu::target("avx2")]] void scan(const float* sketches, const std::uint32_t* number, std::size_t size,
                                  const float* row, std::size_t used, AddressRange left_out, NearestSketches& best) {
  scan_sketches<Lanes>(sketches, number, size, row, used, left_out, best, LessMask{});
}
[[gnu::target("avx2")]] float squared_distance(const float* row, const std::int32_t* other, std::size_t count) {
  return sum_squared_distance<Lanes>(row, other, count);
}
[[gnu::target("avx2")]] float squared_left(const float* row, const std::int32_t* matched, const std::uint8_t* gain,
                                           std::size_t count) {
  return sum_squared_left<Lanes>(row, matched, gain, count);
}

}  // namespace

const MatchKernels kMatchKernelsAvx2 = {scan, squared_distance, squared_left};

}  // namespace actz

#endif
