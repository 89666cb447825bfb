#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace actz::cli {

/// A line on standard error that shows how far a call is: percent, values per second, time left. Rewritten at most
/// ten times a second, and wiped when done.
class Progress {
 public:
  Progress(std::string label, bool shown) : label_(std::move(label)), shown_(shown) {}
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// For EncodeOptions::progress and its like; context is this object.
  static void update(void* context, std::uint64_t done_elems, std::uint64_t total_elems);

 private:
  using Clock = std::chrono::steady_clock;
  std::string label_;
  bool shown_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_{};
  bool wrote_ = false;
};

}  // namespace actz::cli
