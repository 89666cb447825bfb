#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <semaphore>

#include "actz/result.hpp"
#include "base/try.hpp"

namespace actz {

/// Runs tasks on up to `threads` threads and hands their results on in the order they were given, so that the
/// number of threads changes nothing but time. At most threads + 1 tasks are there, one more than run: a
/// finished one holds its place until it was handed on. Fewer, if together they would cost more than `budget`.
template <class T>
class OrderedTasks {
 public:
  using Task = std::function<Result<T>()>;
  using Consumer = std::function<Status(T&&)>;

  explicit OrderedTasks(unsigned threads, Consumer consume, std::uint64_t budget = ~std::uint64_t{0})
      : threads_(threads), free_(threads), consume_(std::move(consume)), budget_(budget) {}
  ~OrderedTasks() {
    for (auto& pending : pending_) pending.wait();
  }
  OrderedTasks(const OrderedTasks&) = delete;
  OrderedTasks& operator=(const OrderedTasks&) = delete;

  /// @param cost  of the task, at most the budget.
  Status add(Task task, std::uint64_t cost = 0) {
    if (threads_ <= 1) {
      ACTZ_TRY(auto result, task());
      return consume_(std::move(result));
    }
    while (!pending_.empty() && cost > budget_ - spent_) ACTZ_CHECK(take_oldest());
    spent_ += cost;
    costs_.push_back(cost);
    pending_.push_back(std::async(std::launch::async, [this, task = std::move(task)] {
      const Turn turn(free_);
      return task();
    }));
    return pending_.size() > threads_ ? take_oldest() : Status{};
  }

  Status finish() {
    while (!pending_.empty()) ACTZ_CHECK(take_oldest());
    return {};
  }

 private:
  /// A thread's turn to run, given back however the task ends.
  class Turn {
   public:
    explicit Turn(std::counting_semaphore<>& free) : free_(free) { free_.acquire(); }
    ~Turn() { free_.release(); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    std::counting_semaphore<>& free_;
  };

  Status take_oldest() {
    auto future = std::move(pending_.front());
    pending_.pop_front();
    spent_ -= costs_.front();
    costs_.pop_front();
    ACTZ_TRY(auto result, future.get());
    return consume_(std::move(result));
  }

  unsigned threads_;
  std::counting_semaphore<> free_;
  Consumer consume_;
  std::uint64_t budget_;
  std::uint64_t spent_ = 0;
  std::deque<std::future<Result<T>>> pending_;
  std::deque<std::uint64_t> costs_;  ///< of those
};

}  // namespace actz
