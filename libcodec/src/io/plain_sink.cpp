#include "io/plain_sink.hpp"

#include <utility>

#include "base/checked_math.hpp"
#include "base/try.hpp"
#include "io/error_text.hpp"

namespace actz::io {
namespace {

class PlainSink final : public TensorSink {
 public:
  PlainSink(OutputFile file, std::uint64_t remaining_bytes)
      : file_(std::move(file)), remaining_bytes_(remaining_bytes) {}

  Status write(std::span<const std::byte> data) override {
    return without_exceptions([&]() -> Status {
      if (data.size() > remaining_bytes_) return more_than_announced();
      ACTZ_CHECK(file_.write(data));
      remaining_bytes_ -= data.size();
      return {};
    });
  }

  Status finish() override {
    if (remaining_bytes_ != 0) return less_than_announced();
    return file_.finish();
  }

 private:
  OutputFile file_;
  std::uint64_t remaining_bytes_;
};

}  // namespace

Error more_than_announced() {
  return {ErrorCode::bad_argument, Error::kNoOffset, "more bytes than the announced tensors have"};
}

Error less_than_announced() {
  return {ErrorCode::bad_argument, Error::kNoOffset, "the announced tensors are not written completely"};
}

Result<std::uint64_t> tensor_bytes(const TensorInfo& info) {
  ACTZ_TRY(const std::uint64_t count_elems, element_count(info.shape, info.dtype));
  return count_elems * element_bytes(info.dtype);
}

Result<std::unique_ptr<TensorSink>> open_plain_sink(OutputFile file, std::span<const std::byte> header,
                                                    const std::vector<TensorInfo>& infos) {
  std::uint64_t total_bytes = 0;
  for (const TensorInfo& info : infos) {
    ACTZ_TRY(const std::uint64_t one_bytes, tensor_bytes(info));
    const auto sum_bytes = checked_add(total_bytes, one_bytes);
    if (!sum_bytes) return Error{ErrorCode::limit_exceeded, Error::kNoOffset, "the tensors have more than 2^64 bytes"};
    total_bytes = *sum_bytes;
  }
  ACTZ_CHECK(file.write(header));
  return std::unique_ptr<TensorSink>(std::make_unique<PlainSink>(std::move(file), total_bytes));
}

}  // namespace actz::io
