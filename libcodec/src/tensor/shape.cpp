#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include "actz/tensor.hpp"
#include "base/checked_math.hpp"

namespace actz {
namespace {

constexpr std::uint64_t kMaxTensorBytes = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

std::optional<std::uint64_t> checked_tensor_bytes(const Shape& shape, std::uint64_t elem_bytes) {
  std::uint64_t total_bytes = elem_bytes;
  for (const std::uint64_t extent : shape) {
    const auto product = checked_mul(total_bytes, extent);
    if (!product || *product > kMaxTensorBytes) return std::nullopt;
    total_bytes = *product;
  }
  return total_bytes;
}

}  // namespace

Result<std::uint64_t> element_count(const Shape& shape, DType dtype) {
  // Looked for first: the answer may not depend on where among large extents the zero stands.
  if (std::find(shape.begin(), shape.end(), std::uint64_t{0}) != shape.end()) return std::uint64_t{0};
  const std::uint64_t elem_bytes = element_bytes(dtype);
  const auto total_bytes = checked_tensor_bytes(shape, elem_bytes);
  if (!total_bytes) {
    return Error{ErrorCode::limit_exceeded, Error::kNoOffset, "shape needs more than 2^63 - 1 bytes"};
  }
  return *total_bytes / elem_bytes;
}

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (axis > 0) text += ", ";
    text += std::to_string(shape[axis]);
  }
  return text + "]";
}

}  // namespace actz
