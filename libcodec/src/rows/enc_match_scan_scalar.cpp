#include "rows/enc_match_scan.hpp"

namespace actz {

void match_scan_scalar(const float* sketches, std::size_t size, const float* row, std::size_t used,
                       NearestSketches& best) {
  scan_sketches(sketches, size, row, used, best);
}

}  // namespace actz
