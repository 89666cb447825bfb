#include <array>
#include <cstddef>

#include "actz/tensor.hpp"

namespace actz {
namespace {

struct DTypeRow {
  DType dtype;
  std::string_view word;
  std::size_t element_bytes;
  bool is_float;
};

constexpr std::array<DTypeRow, 13> kDTypes{{
    {DType::boolean, "bool", 1, false},
    {DType::u8, "u8", 1, false},
    {DType::i8, "i8", 1, false},
    {DType::u16, "u16", 2, false},
    {DType::i16, "i16", 2, false},
    {DType::u32, "u32", 4, false},
    {DType::i32, "i32", 4, false},
    {DType::u64, "u64", 8, false},
    {DType::i64, "i64", 8, false},
    {DType::f16, "f16", 2, true},
    {DType::bf16, "bf16", 2, true},
    {DType::f32, "f32", 4, true},
    {DType::f64, "f64", 8, true},
}};

// A value outside the enum can only come from an unchecked cast; it behaves as the first row rather than as
// a zero-sized type that callers would divide by.
const DTypeRow& row_of(DType dtype) {
  for (const DTypeRow& row : kDTypes) {
    if (row.dtype == dtype) return row;
  }
  return kDTypes[0];
}

}  // namespace

std::size_t element_bytes(DType dtype) { return row_of(dtype).element_bytes; }

bool is_float(DType dtype) { return row_of(dtype).is_float; }

std::string_view to_string(DType dtype) { return row_of(dtype).word; }

std::optional<DType> dtype_from_string(std::string_view word) {
  for (const DTypeRow& row : kDTypes) {
    if (row.word == word) return row.dtype;
  }
  return std::nullopt;
}

std::optional<DType> dtype_from_id(std::uint8_t id) {
  for (const DTypeRow& row : kDTypes) {
    if (static_cast<std::uint8_t>(row.dtype) == id) return row.dtype;
  }
  return std::nullopt;
}

}  // namespace actz
