#include "io/byte_input.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/checked_math.hpp"
#include "base/try.hpp"
#include "io/error_text.hpp"

namespace actz::io {
namespace {

constexpr std::size_t kGrowthStartBytes = std::size_t{1} << 20;

Error ends_early(std::uint64_t has_bytes, std::uint64_t needs_bytes) {
  return {ErrorCode::need_more_input, has_bytes,
          "input ends after " + std::to_string(has_bytes) + " bytes, " + std::to_string(needs_bytes) + " are needed"};
}

}  // namespace

Status MemoryInput::read_at(std::uint64_t offset_bytes, std::span<std::byte> to) {
  const auto end_bytes = checked_add(offset_bytes, to.size());
  if (!end_bytes || *end_bytes > data_.size()) {
    return ends_early(data_.size(), end_bytes.value_or(~std::uint64_t{0}));
  }
  // memcpy may not be given the null pointers of empty spans.
  if (!to.empty()) std::memcpy(to.data(), data_.data() + offset_bytes, to.size());
  return {};
}

std::shared_ptr<ByteInput> make_memory_input(std::vector<std::byte> data) {
  const auto owner = std::make_shared<const std::vector<std::byte>>(std::move(data));
  return std::make_shared<MemoryInput>(owner, std::span<const std::byte>(*owner));
}

PipeInput::~PipeInput() {
  if (owns_descriptor_) ::close(descriptor_);
}

Result<std::size_t> PipeInput::read_some(std::span<std::byte> to) {
  while (true) {
    const ssize_t got_bytes = ::read(descriptor_, to.data(), to.size());
    if (got_bytes >= 0) return static_cast<std::size_t>(got_bytes);
    const int error_number = errno;
    if (error_number == EAGAIN) {  // a non-blocking descriptor inherited from someone else
      pollfd ready{descriptor_, POLLIN, 0};
      ::poll(&ready, 1, -1);
    } else if (error_number != EINTR) {
      return io_error("read", "pipe", error_number);
    }
  }
}

Result<std::span<const std::byte>> PipeInput::peek(std::size_t count_bytes) {
  std::size_t have_bytes = peeked_.size();
  peeked_.resize(std::max(have_bytes, count_bytes));
  while (have_bytes < count_bytes) {
    ACTZ_TRY(const std::size_t got_bytes, read_some(std::span(peeked_).subspan(have_bytes)));
    if (got_bytes == 0) break;
    have_bytes += got_bytes;
  }
  peeked_.resize(have_bytes);
  return std::span<const std::byte>(peeked_).first(std::min(have_bytes, count_bytes));
}

Status PipeInput::skip_to(std::uint64_t offset_bytes) {
  std::array<std::byte, 65536> discarded;
  while (position_bytes_ < offset_bytes) {
    const std::uint64_t step_bytes = std::min<std::uint64_t>(discarded.size(), offset_bytes - position_bytes_);
    ACTZ_CHECK(read_at(position_bytes_, std::span(discarded).first(static_cast<std::size_t>(step_bytes))));
  }
  return {};
}

Status PipeInput::read_at(std::uint64_t offset_bytes, std::span<std::byte> to) {
  if (offset_bytes < position_bytes_) {
    return Error{ErrorCode::bad_argument, offset_bytes, "a pipe can only be read forwards, each byte once"};
  }
  if (offset_bytes > position_bytes_) ACTZ_CHECK(skip_to(offset_bytes));
  const std::uint64_t end_bytes = position_bytes_ + to.size();
  if (position_bytes_ < peeked_.size() && !to.empty()) {
    const std::size_t at = static_cast<std::size_t>(position_bytes_);
    const std::size_t taken_bytes = std::min(to.size(), peeked_.size() - at);
    std::memcpy(to.data(), peeked_.data() + at, taken_bytes);
    position_bytes_ += taken_bytes;
    to = to.subspan(taken_bytes);
  }
  while (!to.empty()) {
    ACTZ_TRY(const std::size_t got_bytes, read_some(to));
    if (got_bytes == 0) return ends_early(position_bytes_, end_bytes);
    position_bytes_ += got_bytes;
    to = to.subspan(got_bytes);
  }
  return {};
}

Result<bool> PipeInput::ends_at(std::uint64_t offset_bytes) {
  std::byte beyond{};
  const Status status = read_at(offset_bytes, {&beyond, 1});
  if (status) return false;
  if (status.error().code == ErrorCode::need_more_input) return true;
  return status.error();
}

Result<std::vector<std::byte>> read_growing(ByteInput& input, std::uint64_t offset_bytes, std::uint64_t count_bytes) {
  std::vector<std::byte> data;
  while (data.size() < count_bytes) {
    const std::size_t have_bytes = data.size();
    const std::uint64_t step_bytes =
        std::min<std::uint64_t>(count_bytes - have_bytes, std::max(have_bytes, kGrowthStartBytes));
    data.resize(have_bytes + static_cast<std::size_t>(step_bytes));
    ACTZ_CHECK(input.read_at(offset_bytes + have_bytes, std::span(data).subspan(have_bytes)));
  }
  return data;
}

Result<std::shared_ptr<ByteInput>> buffer_whole(ByteInput& input) {
  std::vector<std::byte> data;
  while (true) {
    const std::size_t have_bytes = data.size();
    const std::size_t step_bytes = std::max(have_bytes / 2, kGrowthStartBytes);
    data.resize(have_bytes + step_bytes);
    const Status status = input.read_at(have_bytes, std::span(data).subspan(have_bytes));
    if (!status && status.error().code != ErrorCode::need_more_input) return status.error();
    if (!status) {
      data.resize(static_cast<std::size_t>(status.error().byte_offset));
      return make_memory_input(std::move(data));
    }
  }
}

}  // namespace actz::io
