#include "rows/enc_match_search.hpp"

#include <algorithm>

#include "base/cpu_kernel.hpp"
#include "rows/enc_match_scan.hpp"

namespace actz {
namespace {

MatchScanKernel scan_kernel() {
#if defined(__x86_64__)
  if (active_cpu_kernel() == CpuKernel::avx512) return match_scan_avx512;
  if (active_cpu_kernel() == CpuKernel::avx2) return match_scan_avx2;
#endif
  return match_scan_scalar;
}

}  // namespace

void MatchSearch::add(const float* coefficients, std::size_t count) {
  const std::size_t lane = size_ % kScanBlock;
  if (lane == 0) sketches_.resize(sketches_.size() + kScanBlockFloats, 0.0F);
  float* const block = &sketches_[size_ / kScanBlock * kScanBlockFloats];
  for (std::size_t k = 0; k < std::min(count, kSketch); ++k) block[k * kScanBlock + lane] = coefficients[k];
  ++size_;
}

std::size_t MatchSearch::nearest(const float* coefficients, std::size_t count,
                                 std::span<std::uint32_t, kCandidates> out) const {
  NearestSketches best;
  scan_kernel()(sketches_.data(), size_, coefficients, std::min(count, kSketch), best);
  std::copy_n(best.address, best.count, out.begin());
  return best.count;
}

}  // namespace actz
