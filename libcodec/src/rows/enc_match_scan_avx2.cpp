#include "rows/enc_match_scan.hpp"

#if defined(__x86_64__)

namespace actz {

[[gnu::target("avx2")]] void match_scan_avx2(const float* sketches, std::size_t size, const float* row,
                                             std::size_t used, NearestSketches& best) {
  scan_sketches(sketches, size, row, used, best);
}

}  // namespace actz

#endif
