#include <H5PLextern.h>
#include <hdf5.h>

#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include "base/try.hpp"
#include "chunk_coder.hpp"
#include "client_data.hpp"
#include "dataset.hpp"

/// The edge to HDF5: its callbacks, and errors on its stack.

namespace actz::hdf5 {
namespace {

/// HDF5 keeps the name with each dataset and prints it where the filter is missing: it says what helps.
constexpr const char* kName =
    "actz; if it is missing, set HDF5_PLUGIN_PATH to the directory of libactz_hdf5.so before the program starts";

struct FreeHdf5Memory {
  void operator()(void* memory) const { H5free_memory(memory); }
};
using Hdf5Memory = std::unique_ptr<void, FreeHdf5Memory>;

Result<Hdf5Memory> allocate(std::size_t bytes) {
  Hdf5Memory out(H5allocate_memory(bytes, false));
  if (!out) return Error{ErrorCode::out_of_memory, Error::kNoOffset, {}};
  return out;
}

/// Last of all before a callback returns: other calls of HDF5 would clear its stack.
void push(const Error& error, hid_t minor) {
  const std::string code(to_string(error.code));
  const std::string at = error.byte_offset == Error::kNoOffset ? "" : " at byte " + std::to_string(error.byte_offset);
  H5Epush2(H5E_DEFAULT, "libactz_hdf5", "actz", 0, H5E_ERR_CLS, H5E_PLINE, minor, "actz: %s%s%s (%s)",
           error.message.c_str(), error.message.empty() ? "failed" : "", at.c_str(), code.c_str());
}

/// Runs `body`, which returns a Result; a failure is put on the stack of HDF5, and `failed` returned.
template <class Value, class Body>
Value guarded(hid_t minor, Value failed, Body&& body) noexcept {
  Error error;
  try {
    auto result = std::forward<Body>(body)();
    if (result) return *result;
    error = std::move(result).error();
    push(error, minor);
  } catch (const std::bad_alloc&) {
    H5Epush2(H5E_DEFAULT, "libactz_hdf5", "actz", 0, H5E_ERR_CLS, H5E_PLINE, minor, "actz: out of memory");
  } catch (...) {
    H5Epush2(H5E_DEFAULT, "libactz_hdf5", "actz", 0, H5E_ERR_CLS, H5E_PLINE, minor, "actz: internal");
  }
  return failed;
}

/// Everything that can be wrong with options is refused here, when the dataset is made. The filter becomes mandatory,
/// since HDF5 stores chunks as they are, without a word, when an optional one fails.
Result<herr_t> set_local(hid_t creation, hid_t type) {
  ACTZ_TRY(const auto words, client_data_of(creation));
  ACTZ_TRY(const auto options, read_options(words));
  ACTZ_TRY(const auto tensor, tensor_of_dataset(creation, type, options.bf16));
  ACTZ_CHECK(check_profile(tensor, options));
  const std::vector<unsigned> kept = all_words(words, tensor);
  if (H5Pmodify_filter(creation, kFilterId, H5Z_FLAG_MANDATORY, kept.size(), kept.data()) < 0) {
    return Error{ErrorCode::internal, Error::kNoOffset, "HDF5 does not keep the options"};
  }
  return 0;
}

herr_t on_set_local(hid_t creation, hid_t type, hid_t /*space*/) {
  return guarded(H5E_SETLOCAL, herr_t{-1}, [&] { return set_local(creation, type); });
}

struct Buffer {
  void* memory;
  std::size_t bytes;
};

Result<std::size_t> encode(std::span<const unsigned> words, std::size_t byte_count, Buffer& buffer) {
  ACTZ_TRY(const auto options, read_options(words));
  ACTZ_TRY(const auto tensor, read_tensor(words));
  ACTZ_TRY(const auto file, encode_chunk({static_cast<const std::byte*>(buffer.memory), byte_count}, tensor, options));
  ACTZ_TRY(auto out, allocate(file.size()));
  std::memcpy(out.get(), file.data(), file.size());
  H5free_memory(buffer.memory);
  buffer = {out.release(), file.size()};
  return buffer.bytes;
}

Result<std::size_t> decode(std::span<const unsigned> words, std::size_t byte_count, Buffer& buffer) {
  ACTZ_TRY(const auto options, read_options(words));
  ACTZ_TRY(const auto tensor, read_tensor(words));
  ACTZ_TRY(const auto elements, element_count(tensor.shape, tensor.dtype));
  const std::size_t bytes = static_cast<std::size_t>(elements) * element_bytes(tensor.dtype);
  ACTZ_TRY(auto out, allocate(bytes));
  ACTZ_CHECK(decode_chunk({static_cast<const std::byte*>(buffer.memory), byte_count}, tensor, options,
                          {static_cast<std::byte*>(out.get()), bytes}));
  H5free_memory(buffer.memory);
  buffer = {out.release(), bytes};
  return bytes;
}

std::size_t on_filter(unsigned flags, std::size_t word_count, const unsigned words[], std::size_t byte_count,
                      std::size_t* buffer_bytes, void** memory) {
  const bool reverse = (flags & H5Z_FLAG_REVERSE) != 0;
  Buffer buffer{*memory, *buffer_bytes};
  const std::size_t out = guarded(reverse ? H5E_READERROR : H5E_WRITEERROR, std::size_t{0}, [&] {
    return reverse ? decode({words, word_count}, byte_count, buffer) : encode({words, word_count}, byte_count, buffer);
  });
  *memory = buffer.memory;
  *buffer_bytes = buffer.bytes;
  return out;
}

constexpr H5Z_class2_t kFilterClass{
    .version = H5Z_CLASS_T_VERS,
    .id = kFilterId,
    .encoder_present = 1,
    .decoder_present = 1,
    .name = kName,
    .can_apply = nullptr,  // set_local refuses with a cause; a "no" here would leave optional filters out
    .set_local = on_set_local,
    .filter = on_filter,
};

}  // namespace
}  // namespace actz::hdf5

H5PL_type_t H5PLget_plugin_type() { return H5PL_TYPE_FILTER; }
const void* H5PLget_plugin_info() { return &actz::hdf5::kFilterClass; }
