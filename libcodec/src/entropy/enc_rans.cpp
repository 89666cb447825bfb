#include <algorithm>
#include <bit>
#include <cassert>

#include "entropy/rans.hpp"
#include "entropy/rans_core.hpp"
#include "entropy/rans_kernels.hpp"

namespace actz {

EncodeKernel select_encode_kernel([[maybe_unused]] CpuKernel kernel, [[maybe_unused]] unsigned lanes) {
#if defined(__x86_64__)
  if (kernel == CpuKernel::avx512 && lanes >= 16) return encode_kernel_avx512(lanes);
  if (kernel != CpuKernel::scalar && lanes >= 8) return encode_kernel_avx2(lanes);
#endif
  return encode_scalar;
}

RansEncoder::RansEncoder(const EncodeTables& tables, unsigned lanes, std::size_t max_symbols)
    : tables_(&tables),
      lanes_(lanes),
      buffer_bytes_(kWordSlackBytes + 2 * max_symbols),  // a symbol emits at most one word
      buffer_(std::make_unique_for_overwrite<std::byte[]>(buffer_bytes_)),
      first_word_byte_(buffer_bytes_) {
  assert(std::has_single_bit(lanes) && lanes <= kMaxLanes);
  std::fill_n(states_.begin(), lanes, kRansLowerBound);
}

void RansEncoder::encode_step(const TableSchedule& schedule, std::span<const std::uint8_t> symbols) {
  if (symbols.empty()) return;
  assert(schedule.period >= kMaxLanes);
  assert(first_word_byte_ >= kWordSlackBytes + 2 * symbols.size());
  EncodeCursor cursor = {.entries = tables_->entries(),
                         .precision_bits = tables_->precision_bits(),
                         .lanes = lanes_,
                         .states = states_.data(),
                         .first_word = buffer_.get() + first_word_byte_};
  const EncodeKernel kernel = select_encode_kernel(active_cpu_kernel(), lanes_);
  kernel(cursor, schedule, symbols.data(), symbols.size());
  first_word_byte_ = static_cast<std::size_t>(cursor.first_word - buffer_.get());
}

void RansEncoder::encode_single(std::uint32_t table_offset, std::uint8_t symbol) {
  std::byte* first_word = buffer_.get() + first_word_byte_;
  encode_symbol(states_[0], tables_->entries()[table_offset + symbol], tables_->precision_bits(), first_word);
  first_word_byte_ = static_cast<std::size_t>(first_word - buffer_.get());
}

std::span<const std::byte> RansEncoder::words() const {
  return {buffer_.get() + first_word_byte_, buffer_bytes_ - first_word_byte_};
}

}  // namespace actz
