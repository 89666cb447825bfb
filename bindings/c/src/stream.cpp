#include "actz/c/stream.h"

#include "arrays.hpp"
#include "base/try.hpp"
#include "guard.hpp"
#include "handles.hpp"
#include "io/file_streams.hpp"
#include "sized_struct.hpp"

namespace actz::c_abi {
namespace {

constexpr const char* kStopped = "the caller's visitor ended the reading";

class CallbackStream final : public ByteStream {
 public:
  CallbackStream(actz_read_fn function, void* context) : read_(function), context_(context) {}
  Result<std::size_t> read(std::span<std::byte> to) override {
    std::size_t got = 0;
    ACTZ_CHECK(from_callback(read_(context_, to.data(), to.size(), &got), "the caller's read failed"));
    if (got > to.size()) return bad_argument("the caller's read gave more than was asked for");
    return got;
  }

 private:
  actz_read_fn read_;
  void* context_;
};

StreamVisitor visitor_of(const actz_stream_visitor& from) {
  StreamVisitor out;
  if (from.on_tensor != nullptr) {
    out.on_tensor = [&from](const TensorSummary& tensor) -> Result<bool> {
      const actz_tensor_info info = info_of(tensor);
      int wanted = 1;
      ACTZ_CHECK(from_callback(from.on_tensor(from.context, &info, &wanted), kStopped));
      return wanted != 0;
    };
  }
  if (from.on_elements != nullptr) {
    out.on_elements = [&from](std::span<const std::byte> elements) -> Status {
      return from_callback(from.on_elements(from.context, elements.data(), elements.size()), kStopped);
    };
  }
  if (from.on_tensor_end != nullptr) {
    out.on_tensor_end = [&from](const TensorSummary& tensor) -> Status {
      const actz_tensor_info info = info_of(tensor);
      return from_callback(from.on_tensor_end(from.context, &info), kStopped);
    };
  }
  return out;
}

Status read_through(ByteStream& stream, const actz_stream_visitor* given, const actz_decode_options* options) {
  ACTZ_TRY(const auto visitor, read_struct(given));
  ACTZ_TRY(const auto reading, read_decode_options(options));
  ACTZ_TRY(const auto summary, read_stream(stream, visitor_of(visitor), reading));
  if (visitor.on_summary != nullptr) {
    for (const TensorSummary& tensor : summary.tensors) {
      const actz_tensor_info info = info_of(tensor);
      ACTZ_CHECK(from_callback(visitor.on_summary(visitor.context, &info), kStopped));
    }
  }
  if (visitor.on_file_end == nullptr) return {};
  const std::vector<const char*> required_models = required_models_of(summary);
  const actz_file_info info = info_of(summary, required_models);
  return from_callback(visitor.on_file_end(visitor.context, &info), kStopped);
}

}  // namespace
}  // namespace actz::c_abi

using namespace actz;         // NOLINT: the rest of the file is the C interface
using namespace actz::c_abi;  // NOLINT

extern "C" {

actz_status actz_stream_read(actz_read_fn read, void* read_context, const actz_stream_visitor* visitor,
                             const actz_decode_options* options, actz_error* error) {
  return guarded(error, [&]() -> Status {
    if (read == nullptr) return bad_argument("the callback is missing");
    CallbackStream stream(read, read_context);
    return read_through(stream, visitor, options);
  });
}

actz_status actz_stream_read_path(const char* path, const actz_stream_visitor* visitor,
                                  const actz_decode_options* options, actz_error* error) {
  return guarded(error, [&]() -> Status {
    if (path == nullptr) return bad_argument("the path is missing");
    ACTZ_TRY(auto file, io::MappedFile::open(path));
    io::FileStream stream(std::move(file));
    return read_through(stream, visitor, options);
  });
}

actz_status actz_stream_read_memory(const void* bytes, size_t byte_count, const actz_stream_visitor* visitor,
                                    const actz_decode_options* options, actz_error* error) {
  return guarded(error, [&]() -> Status {
    ACTZ_TRY(const auto data, borrow_list(static_cast<const std::byte*>(bytes), byte_count));
    MemorySource stream(data);
    return read_through(stream, visitor, options);
  });
}

}  // extern "C"
