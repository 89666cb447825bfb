#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actz/result.hpp"

namespace actz {

/// Element types. Values are the ids of format_spec/registry/dtypes.csv.
enum class DType : std::uint8_t {
  boolean = 1,
  u8 = 2,
  i8 = 3,
  u16 = 4,
  i16 = 5,
  u32 = 6,
  i32 = 7,
  u64 = 8,
  i64 = 9,
  f16 = 16,   ///< IEEE 754 binary16
  bf16 = 17,  ///< upper half of a binary32
  f32 = 18,   ///< IEEE 754 binary32
  f64 = 19,   ///< IEEE 754 binary64
};

/// Bytes of one element: 1, 2, 4 or 8.
std::size_t element_bytes(DType dtype);
/// True for f16, bf16, f32 and f64.
bool is_float(DType dtype);
/// "f32", "bf16", "i8", "bool", …: the word used in the CLI, in JSON and in the registry.
std::string_view to_string(DType dtype);
/// Inverse of to_string; empty for any other word.
std::optional<DType> dtype_from_string(std::string_view word);
/// Inverse of the enum value; empty for an unassigned id.
std::optional<DType> dtype_from_id(std::uint8_t id);

/// Extents, slowest first (C order). Empty for a 0-d tensor, which has one element.
using Shape = std::vector<std::uint64_t>;

/// Product of the extents, or limit_exceeded when it or its bytes do not fit in 2^63 − 1.
Result<std::uint64_t> element_count(const Shape& shape, DType dtype);

/// "[32, 256, 128]"
std::string to_string(const Shape& shape);

/// A borrowed C-order, contiguous, little-endian tensor. Never owns its bytes.
struct TensorView {
  DType dtype = DType::f32;
  Shape shape;
  std::span<const std::byte> bytes;
};

/// An owned C-order, contiguous, little-endian tensor.
struct Tensor {
  std::string name;
  DType dtype = DType::f32;
  Shape shape;
  std::vector<std::byte> bytes;

  TensorView view() const { return {dtype, shape, bytes}; }
};

}  // namespace actz
