#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "actz/archive.hpp"
#include "actz/c/tensor.h"

/// Tensors and lists as they come from C.

namespace actz::c_abi {

/// A caller's tensor, checked.
struct BorrowedArray {
  DType dtype = DType::f32;
  Shape shape;
  std::span<const std::byte> elements;
};

/// @param with_elements  false: only type and shape are looked at.
/// Errors: bad_argument, limit_exceeded.
Result<BorrowedArray> borrow_array(const actz_array* given, bool with_elements);

/// `count` arrays that lie one after another, struct_size of the first apart.
Result<std::vector<BorrowedArray>> borrow_arrays(const actz_array* first, std::size_t count);

/// A list that may be absent only if it is empty.
template <class T>
Result<std::span<const T>> borrow_list(const T* list, std::size_t count) {
  if (list == nullptr && count > 0) return Error{ErrorCode::bad_argument, Error::kNoOffset, "a list is missing"};
  return std::span<const T>(list, count);
}

/// Pointers are borrowed from the summary.
actz_tensor_info info_of(const TensorSummary& tensor);

/// The digests of models that the file only names, borrowed from the summary.
std::vector<const char*> required_models_of(const ArchiveSummary& summary);

/// Pointers are borrowed from both.
actz_file_info info_of(const ArchiveSummary& summary, const std::vector<const char*>& required_models);

/// Hands bytes over in memory of the caller's kind. Errors: bad_argument, out_of_memory.
Status give_bytes(std::span<const std::byte> from, const actz_allocator* allocator, void** bytes,
                  std::size_t* byte_count);

}  // namespace actz::c_abi
