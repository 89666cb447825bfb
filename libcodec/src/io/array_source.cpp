#include "io/array_source.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/bytes.hpp"
#include "base/checked_math.hpp"
#include "base/try.hpp"
#include "io/error_text.hpp"
#include "io/fortran_order.hpp"

namespace actz::io {
namespace {

template <class T>
void swap_elements(std::span<std::byte> data) {
  for (std::size_t at = 0; at + sizeof(T) <= data.size(); at += sizeof(T)) {
    T value;
    std::memcpy(&value, data.data() + at, sizeof(T));
    if constexpr (sizeof(T) == 2) value = __builtin_bswap16(value);
    if constexpr (sizeof(T) == 4) value = __builtin_bswap32(value);
    if constexpr (sizeof(T) == 8) value = __builtin_bswap64(value);
    std::memcpy(data.data() + at, &value, sizeof(T));
  }
}

void swap_elements(std::span<std::byte> data, std::size_t elem_bytes) {
  switch (elem_bytes) {
    case 2: return swap_elements<std::uint16_t>(data);
    case 4: return swap_elements<std::uint32_t>(data);
    case 8: return swap_elements<std::uint64_t>(data);
    default: return;
  }
}

class ArraySource final : public TensorSource {
 public:
  ArraySource(std::shared_ptr<ByteInput> input, ArrayLayout layout)
      : input_(std::move(input)), layout_(std::move(layout)), elem_bytes_(element_bytes(layout_.info.dtype)) {}

  const TensorInfo& info() const override { return layout_.info; }
  bool rewindable() const override { return input_->rewindable(); }

  Status read(std::uint64_t first_elem, std::span<std::byte> to) override {
    return without_exceptions([&] { return read_checked(first_elem, to); });
  }

 private:
  Status read_checked(std::uint64_t first_elem, std::span<std::byte> to) {
    const auto first_bytes = checked_mul(first_elem, elem_bytes_);
    if (to.size() % elem_bytes_ != 0 || !first_bytes || *first_bytes > layout_.data_bytes ||
        to.size() > layout_.data_bytes - *first_bytes) {
      return Error{ErrorCode::bad_argument, Error::kNoOffset, "the elements to read are not all inside the tensor"};
    }
    if (to.empty()) return {};
    if (layout_.is_fortran_order) {
      const auto whole = input_->in_memory()->subspan(static_cast<std::size_t>(layout_.data_offset_bytes),
                                                      static_cast<std::size_t>(layout_.data_bytes));
      gather_from_fortran(whole, layout_.info.shape, elem_bytes_, first_elem, to);
    } else {
      ACTZ_CHECK(input_->read_at(layout_.data_offset_bytes + *first_bytes, to));
      if (*first_bytes + to.size() == layout_.data_bytes) ACTZ_CHECK(check_end());
    }
    if (layout_.is_big_endian) swap_elements(to, elem_bytes_);
    return {};
  }

  Status check_end() {
    if (!layout_.error_for_more_bytes) return {};
    ACTZ_TRY(const bool ends, input_->ends_at(layout_.data_offset_bytes + layout_.data_bytes));
    if (!ends) return *layout_.error_for_more_bytes;
    return {};
  }

  std::shared_ptr<ByteInput> input_;
  ArrayLayout layout_;
  std::size_t elem_bytes_;
};

class ArrayCollection final : public TensorCollection {
 public:
  ArrayCollection(std::shared_ptr<ByteInput> input, std::vector<ArrayLayout> layouts)
      : input_(std::move(input)), layouts_(std::move(layouts)) {
    for (const ArrayLayout& layout : layouts_) infos_.push_back(layout.info);
  }
  const std::vector<TensorInfo>& tensors() const override { return infos_; }
  Result<std::unique_ptr<TensorSource>> open(std::size_t index) override {
    return without_exceptions([&]() -> Result<std::unique_ptr<TensorSource>> {
      if (index >= layouts_.size()) return no_such_tensor(index, layouts_.size());
      return make_array_source(input_, layouts_[index]);
    });
  }

 private:
  std::shared_ptr<ByteInput> input_;
  std::vector<ArrayLayout> layouts_;
  std::vector<TensorInfo> infos_;
};

}  // namespace

Error no_such_tensor(std::size_t index, std::size_t count) {
  return {ErrorCode::bad_argument, Error::kNoOffset,
          "no tensor " + std::to_string(index) + " among " + std::to_string(count)};
}

Status check_extent(ByteInput& input, const ArrayLayout& layout) {
  const auto end_bytes = checked_add(layout.data_offset_bytes, layout.data_bytes);
  if (!end_bytes) {
    return Error{ErrorCode::corrupt_bounds, layout.data_offset_bytes, "the data end past 2^64 bytes"};
  }
  if (const auto input_bytes = input.size_bytes(); input_bytes && *input_bytes < *end_bytes) {
    return Error{
        ErrorCode::need_more_input, *input_bytes,
        "input ends after " + std::to_string(*input_bytes) + " bytes, its header says " + std::to_string(*end_bytes)};
  }
  if (!layout.error_for_more_bytes) return {};
  if (const auto input_bytes = input.size_bytes(); input_bytes && *input_bytes > *end_bytes) {
    return *layout.error_for_more_bytes;
  }
  if (layout.data_bytes > 0) return {};
  ACTZ_TRY(const bool ends, input.ends_at(*end_bytes));
  if (!ends) return *layout.error_for_more_bytes;
  return {};
}

Result<std::unique_ptr<TensorSource>> make_array_source(std::shared_ptr<ByteInput> input, ArrayLayout layout) {
  if (layout.is_fortran_order && input->in_memory() == nullptr) {
    ACTZ_TRY(std::vector<std::byte> data, read_growing(*input, layout.data_offset_bytes, layout.data_bytes));
    ArrayLayout rest = layout;  // what follows the data is still unread
    rest.data_offset_bytes += rest.data_bytes;
    rest.data_bytes = 0;
    ACTZ_CHECK(check_extent(*input, rest));
    input = make_memory_input(std::move(data));
    layout.data_offset_bytes = 0;
  }
  return std::unique_ptr<TensorSource>(std::make_unique<ArraySource>(std::move(input), std::move(layout)));
}

std::unique_ptr<TensorCollection> make_array_collection(std::shared_ptr<ByteInput> input,
                                                        std::vector<ArrayLayout> layouts) {
  return std::make_unique<ArrayCollection>(std::move(input), std::move(layouts));
}

}  // namespace actz::io
