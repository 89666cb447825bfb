#include "progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace actz::cli {

Progress::~Progress() {
  if (wrote_) fmt::print(stderr, "\r\033[K");
}

void Progress::update(void* context, std::uint64_t done_elems, std::uint64_t total_elems) {
  auto& self = *static_cast<Progress*>(context);
  const auto now = Clock::now();
  if (!self.shown_ || now - self.last_ < std::chrono::milliseconds(100)) return;
  self.last_ = now;
  self.wrote_ = true;
  const double seconds = std::max(std::chrono::duration<double>(now - self.start_).count(), 1e-6);
  const double share = static_cast<double>(done_elems) / static_cast<double>(std::max<std::uint64_t>(total_elems, 1));
  fmt::print(stderr, "\r\033[K{} {:3.0f} %  {:.1f} M values/s  {:.0f} s left", self.label_, 100 * share,
             static_cast<double>(done_elems) / seconds / 1e6, share > 0 ? seconds * (1 - share) / share : 0.0);
  std::fflush(stderr);
}

}  // namespace actz::cli
