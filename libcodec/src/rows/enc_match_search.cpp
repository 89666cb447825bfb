#include "rows/enc_match_search.hpp"

#include <algorithm>
#include <limits>

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
  float* const norms = block + kSketch * kScanBlock;
  if (lane == 0) std::fill_n(norms, kScanBlock, std::numeric_limits<float>::infinity());
  float norm = 0;
  for (std::size_t k = 0; k < std::min(count, kSketch); ++k) {
    block[k * kScanBlock + lane] = coefficients[k];
    norm += coefficients[k] * coefficients[k];
  }
  norms[lane] = norm;
  ++size_;
}

std::size_t MatchSearch::nearest(const float* coefficients, std::size_t count,
                                 std::span<std::uint32_t, kCandidates> out) const {
  NearestSketches best;
  float row[kSketch];
  const std::size_t used = std::min(count, kSketch);
  for (std::size_t k = 0; k < used; ++k) row[k] = -2 * coefficients[k];
  scan_kernel()(sketches_.data(), size_, row, used, best);
  std::copy_n(best.address, best.count, out.begin());
  return best.count;
}

}  // namespace actz
