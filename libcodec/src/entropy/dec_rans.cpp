#include <algorithm>
#include <array>
#include <bit>
#include <cassert>

#include "entropy/rans.hpp"
#include "entropy/rans_core.hpp"
#include "entropy/rans_kernels.hpp"

namespace actz {

DecodeKernel select_decode_kernel([[maybe_unused]] CpuKernel kernel, [[maybe_unused]] unsigned lanes) {
#if defined(__x86_64__)
  // At 16 lanes a step waits for one vector: two of 8 lanes, 670 M symbols/s on Zen 4, hide more than one of 16, 590.
  if (kernel == CpuKernel::avx512 && lanes >= 32) return decode_kernel_avx512(lanes);
  if (kernel != CpuKernel::scalar && lanes >= 8) return decode_kernel_avx2(lanes);
#endif
  return decode_scalar;
}

RansDecoder::RansDecoder(const DecodeTables& tables, std::span<const std::uint32_t> states,
                         std::span<const std::byte> words)
    : tables_(&tables),
      lanes_(static_cast<unsigned>(states.size())),
      next_word_(words.data()),
      words_end_(words.data() + words.size()) {
  assert(std::has_single_bit(states.size()) && states.size() <= kMaxLanes);
  std::copy(states.begin(), states.end(), states_.begin());
}

bool RansDecoder::decode_step(const TableSchedule& schedule, std::size_t symbol_count, std::uint8_t* out) {
  if (failed_) return false;
  if (symbol_count == 0) return true;
  assert(schedule.period >= kMaxLanes);
  const DecodeKernel kernel = select_decode_kernel(active_cpu_kernel(), lanes_);
  const std::size_t group_bytes = std::size_t{2} * lanes_;  // a group of `lanes` symbols reads no more than this
  DecodeCursor cursor = {.entries = tables_->entries(),
                         .precision_bits = tables_->precision_bits(),
                         .lanes = lanes_,
                         .states = states_.data(),
                         .next_word = next_word_,
                         .last_start = nullptr};
  std::size_t done = 0;
  if (static_cast<std::size_t>(words_end_ - next_word_) >= group_bytes) {
    cursor.last_start = words_end_ - group_bytes;
    done = kernel(cursor, schedule, 0, symbol_count, out);
    next_word_ = cursor.next_word;
  }
  if (done == symbol_count) return true;

  // Fewer than group_bytes remain. The kernel goes on in a padded copy, where a group may read past the last word;
  // having used such a word shows after the group.
  const auto remaining_bytes = static_cast<std::size_t>(words_end_ - next_word_);
  std::array<std::byte, 4 * kMaxLanes> tail{};
  std::copy(next_word_, words_end_, tail.begin());
  cursor.next_word = tail.data();
  cursor.last_start = tail.data() + remaining_bytes;
  done = kernel(cursor, schedule, done, symbol_count, out);
  if (cursor.next_word > cursor.last_start) {
    failed_ = true;
    return false;
  }
  next_word_ += cursor.next_word - tail.data();
  return true;
}

bool RansDecoder::decode_single(std::uint32_t table_offset, std::uint8_t& symbol) {
  if (failed_) return false;
  const std::uint32_t* const table = tables_->entries() + table_offset;
  if (words_end_ - next_word_ >= 2) {
    symbol = decode_symbol(states_[0], table, tables_->precision_bits(), next_word_);
    return true;
  }
  const std::byte none[2] = {};
  const std::byte* next_word = none;
  symbol = decode_symbol(states_[0], table, tables_->precision_bits(), next_word);
  failed_ = next_word != none;
  return !failed_;
}

bool RansDecoder::finished() const {
  return !failed_ && next_word_ == words_end_ &&
         std::all_of(states_.begin(), states_.begin() + lanes_, [](std::uint32_t x) { return x == kRansLowerBound; });
}

}  // namespace actz
