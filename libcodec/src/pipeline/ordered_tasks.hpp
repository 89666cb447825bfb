#pragma once

#include <deque>
#include <functional>
#include <future>

#include "actz/result.hpp"
#include "base/try.hpp"

namespace actz {

/// Runs tasks on up to `threads` threads and hands their results on in the order they were given, so that the
/// number of threads changes nothing but time. At most threads + 1 results wait.
template <class T>
class OrderedTasks {
 public:
  using Task = std::function<Result<T>()>;
  using Consumer = std::function<Status(T&&)>;

  OrderedTasks(unsigned threads, Consumer consume) : threads_(threads), consume_(std::move(consume)) {}
  ~OrderedTasks() {
    for (auto& pending : pending_) pending.wait();
  }
  OrderedTasks(const OrderedTasks&) = delete;
  OrderedTasks& operator=(const OrderedTasks&) = delete;

  Status add(Task task) {
    if (threads_ <= 1) {
      ACTZ_TRY(auto result, task());
      return consume_(std::move(result));
    }
    pending_.push_back(std::async(std::launch::async, std::move(task)));
    // A finished task still holds its place until it was handed on: one more than the threads keeps them busy.
    return pending_.size() > threads_ ? take_oldest() : Status{};
  }

  Status finish() {
    while (!pending_.empty()) ACTZ_CHECK(take_oldest());
    return {};
  }

 private:
  Status take_oldest() {
    auto future = std::move(pending_.front());
    pending_.pop_front();
    ACTZ_TRY(auto result, future.get());
    return consume_(std::move(result));
  }

  unsigned threads_;
  Consumer consume_;
  std::deque<std::future<Result<T>>> pending_;
};

}  // namespace actz
