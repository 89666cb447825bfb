#include "base/cpu_kernel.hpp"
#include "rows/enc_match_scan.hpp"

namespace actz {
namespace {

/// Four lanes, which every processor has.
using Lanes = Vectors<4>;

/// One bit for each float that is less.
struct LessMask {
  unsigned operator()(const Lanes::F32& values, float than) const {
    unsigned out = 0;
    for (unsigned i = 0; i < Lanes::kLanes; ++i) out |= static_cast<unsigned>(values[i] < than) << i;
    return out;
  }
};

void scan(const float* sketches, const std::uint32_t* number, std::size_t size, const float* row, std::size_t used,
          AddressRange left_out, NearestSketches& best) {
  scan_sketches<Lanes>(sketches, number, size, row, used, left_out, best, LessMask{});
}
float squared_distance(const float* row, const std::int32_t* other, std::size_t count) {
  return sum_squared_distance<Lanes>(row, other, count);
}
float squared_left(const float* row, const std::int32_t* matched, const std::uint8_t* gain, std::size_t count) {
  return sum_squared_left<Lanes>(row, matched, gain, count);
}

}  // namespace

const MatchKernels kMatchKernelsScalar = {scan, squared_distance, squared_left};

const MatchKernels& match_kernels() {
#if defined(__x86_64__)
  if (active_cpu_kernel() == CpuKernel::avx512) return kMatchKernelsAvx512;
  if (active_cpu_kernel() == CpuKernel::avx2) return kMatchKernelsAvx2;
#endif
  return kMatchKernelsScalar;
}

}  // namespace actz
