#include "arrays.hpp"

#include <cstdlib>
#include <cstring>

#include "base/try.hpp"
#include "guard.hpp"
#include "sized_struct.hpp"

namespace actz::c_abi {
namespace {

constexpr std::uint32_t kMaxArrayRank = 16;

std::optional<DType> dtype_of(actz_dtype dtype) {
  return dtype < 0 || dtype > 255 ? std::nullopt : dtype_from_id(static_cast<std::uint8_t>(dtype));
}

}  // namespace

Result<BorrowedArray> borrow_array(const actz_array* given, bool with_elements) {
  if (given == nullptr) return bad_argument("the tensor is missing");
  ACTZ_TRY(const auto array, read_struct(given));
  const auto dtype = dtype_of(array.dtype);
  if (!dtype) return bad_argument("no such element type");
  if (array.rank > kMaxArrayRank) return bad_argument("the rank is above 16");
  ACTZ_TRY(const auto extents, borrow_list(array.shape, array.rank));
  BorrowedArray out{*dtype, Shape(extents.begin(), extents.end()), {}};
  ACTZ_TRY(const auto count, element_count(out.shape, out.dtype));
  if (!with_elements) return out;
  if (array.byte_count != count * element_bytes(out.dtype))
    return bad_argument("the shape and the bytes of a tensor do not fit");
  ACTZ_TRY(out.elements, borrow_list(static_cast<const std::byte*>(array.elements), array.byte_count));
  return out;
}

Result<std::vector<BorrowedArray>> borrow_arrays(const actz_array* first, std::size_t count) {
  std::vector<BorrowedArray> out;
  if (count == 0) return out;
  if (first == nullptr) return bad_argument("a list is missing");
  const auto* at = reinterpret_cast<const std::byte*>(first);
  for (std::size_t i = 0; i < count; ++i, at += first->struct_size) {
    ACTZ_TRY(auto array, borrow_array(reinterpret_cast<const actz_array*>(at), true));
    out.push_back(std::move(array));
  }
  return out;
}

actz_tensor_info info_of(const TensorSummary& tensor) {
  actz_tensor_info out{};
  out.struct_size = sizeof(out);
  out.dtype = static_cast<actz_dtype>(tensor.dtype);
  out.rank = static_cast<std::uint32_t>(tensor.shape.size());
  out.channels = tensor.channels;
  out.shape = tensor.shape.data();
  out.name = tensor.name.c_str();
  out.codec = tensor.codec.c_str();
  out.reference = tensor.reference.c_str();
  out.digest = tensor.digest.c_str();
  out.rows = tensor.rows;
  out.values = tensor.values;
  out.chunks = tensor.chunks;
  out.coded_bytes = tensor.coded_bytes;
  out.model_bytes = tensor.model_bytes;
  out.source_chunks = tensor.source_chunks;
  out.nmse = tensor.nmse;
  out.max_abs_error = tensor.max_abs_error;
  return out;
}

std::vector<const char*> required_models_of(const ArchiveSummary& summary) {
  std::vector<const char*> out;
  for (const std::string& digest : summary.required_models) out.push_back(digest.c_str());
  return out;
}

actz_file_info info_of(const ArchiveSummary& summary, const std::vector<const char*>& required_models) {
  actz_file_info out{};
  out.struct_size = sizeof(out);
  out.format_major = summary.format_major;
  out.format_minor = summary.format_minor;
  out.tensor_count = summary.tensors.size();
  out.metadata = summary.metadata.c_str();
  out.required_models = required_models.data();
  out.required_model_count = required_models.size();
  return out;
}

Status give_bytes(std::span<const std::byte> from, const actz_allocator* allocator, void** bytes,
                  std::size_t* byte_count) {
  if (bytes == nullptr || byte_count == nullptr) return bad_argument("nowhere to give the bytes to");
  const std::size_t wanted_bytes = std::max<std::size_t>(from.size(), 1);
  void* memory = nullptr;
  if (allocator == nullptr) {
    memory = std::malloc(wanted_bytes);
  } else {
    ACTZ_TRY(const auto given, read_struct(allocator));
    if (given.allocate == nullptr) return bad_argument("the allocator has no function");
    memory = given.allocate(given.context, wanted_bytes);
  }
  if (memory == nullptr) return Error{ErrorCode::out_of_memory, Error::kNoOffset, "no memory for the result"};
  if (!from.empty()) std::memcpy(memory, from.data(), from.size());
  *bytes = memory;
  *byte_count = from.size();
  return {};
}

}  // namespace actz::c_abi

extern "C" {

size_t actz_dtype_bytes(actz_dtype dtype) {
  const auto known = actz::c_abi::dtype_of(dtype);
  return known ? actz::element_bytes(*known) : 0;
}

const char* actz_dtype_name(actz_dtype dtype) {
  const auto known = actz::c_abi::dtype_of(dtype);
  return known ? actz::to_string(*known).data() : nullptr;  // literals, which end with a zero
}

}  // extern "C"
