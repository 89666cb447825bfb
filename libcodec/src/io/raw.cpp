#include "io/raw.hpp"

#include <utility>

#include "base/try.hpp"
#include "io/array_source.hpp"

namespace actz::io {
namespace {

Error wrong_size(const std::string& has, std::uint64_t needs_bytes, const Shape& shape, DType dtype) {
  return {ErrorCode::bad_argument, Error::kNoOffset,
          "raw input has " + has + " bytes, shape " + to_string(shape) + " of " + std::string(to_string(dtype)) +
              " needs " + std::to_string(needs_bytes)};
}

Result<Shape> shape_of_input(const ByteInput& input, DType dtype) {
  const std::uint64_t input_bytes = *input.size_bytes();
  const std::uint64_t elem_bytes = element_bytes(dtype);
  if (input_bytes % elem_bytes != 0) {
    return Error{ErrorCode::bad_argument, Error::kNoOffset,
                 "raw input has " + std::to_string(input_bytes) + " bytes, no multiple of the " +
                     std::to_string(elem_bytes) + " of one " + std::string(to_string(dtype))};
  }
  return Shape{input_bytes / elem_bytes};
}

}  // namespace

Result<std::unique_ptr<TensorCollection>> open_raw(std::shared_ptr<ByteInput> input, std::string name,
                                                   const ReadOptions& options) {
  const DType dtype = options.raw_dtype;
  Shape shape = options.raw_shape.value_or(Shape{});
  if (!options.raw_shape) {
    if (!input->size_bytes()) {
      ACTZ_TRY(input, buffer_whole(*input));
    }
    ACTZ_TRY(shape, shape_of_input(*input, dtype));
  }
  ACTZ_TRY(const std::uint64_t count_elems, element_count(shape, dtype));
  const std::uint64_t data_bytes = count_elems * element_bytes(dtype);
  if (const auto input_bytes = input->size_bytes(); input_bytes && *input_bytes != data_bytes) {
    return wrong_size(std::to_string(*input_bytes), data_bytes, shape, dtype);
  }
  std::vector<ArrayLayout> layouts(1);
  layouts[0].data_bytes = data_bytes;
  layouts[0].error_for_more_bytes = wrong_size("more than " + std::to_string(data_bytes), data_bytes, shape, dtype);
  layouts[0].info = {std::move(name), dtype, std::move(shape)};
  ACTZ_CHECK(check_extent(*input, layouts[0]));
  return make_array_collection(std::move(input), std::move(layouts));
}

}  // namespace actz::io
