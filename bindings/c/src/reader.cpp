#include "actz/c/reader.h"

#include "arrays.hpp"
#include "base/try.hpp"
#include "guard.hpp"
#include "handles.hpp"
#include "io/file_streams.hpp"
#include "sized_struct.hpp"

namespace actz::c_abi {
namespace {

class CallbackSource final : public ByteSource {
 public:
  explicit CallbackSource(const actz_byte_source& source) : source_(source) {}
  std::uint64_t size_bytes() const override { return source_.size_bytes; }
  Status read_at(std::uint64_t offset_bytes, std::span<std::byte> to) const override {
    return from_callback(source_.read_at(source_.context, offset_bytes, to.data(), to.size()),
                         "the caller's read_at failed");
  }

 private:
  actz_byte_source source_;
};

Status open_on(std::unique_ptr<ByteSource> source, const actz_decode_options* options, actz_reader** reader) {
  ACTZ_TRY(const auto reading, read_decode_options(options));
  auto out = std::make_unique<actz_reader>();
  out->source = std::move(source);
  ACTZ_TRY(auto opened, ArchiveReader::open(*out->source, reading));
  out->reader.emplace(std::move(opened));
  out->required_models = required_models_of(out->reader->summary());
  *reader = out.release();
  return {};
}

Result<const TensorSummary*> tensor_of(const actz_reader* reader, std::uint64_t tensor) {
  if (reader == nullptr) return bad_argument("the reader is missing");
  const auto& tensors = reader->reader->summary().tensors;
  if (tensor >= tensors.size()) return bad_argument("no such tensor");
  return &tensors[static_cast<std::size_t>(tensor)];
}

Status read_rows(const actz_reader* reader, std::uint64_t tensor, std::uint64_t first_row, std::uint64_t end_row,
                 std::span<std::byte> to) {
  ACTZ_TRY(const auto* const summary, tensor_of(reader, tensor));
  if (first_row > end_row || end_row > summary->rows) return bad_argument("no such rows");
  const std::uint64_t row_bytes = std::uint64_t{summary->channels} * element_bytes(summary->dtype);
  if (to.size() != (end_row - first_row) * row_bytes) return bad_argument("the buffer is not as long as the rows");
  return reader->reader->read_rows_into(static_cast<std::size_t>(tensor), first_row, end_row, to);
}

}  // namespace
}  // namespace actz::c_abi

using namespace actz;         // NOLINT: the rest of the file is the C interface
using namespace actz::c_abi;  // NOLINT

extern "C" {

actz_status actz_reader_open_path(const char* path, const actz_decode_options* options, actz_reader** reader,
                                  actz_error* error) {
  return guarded(error, [&]() -> Status {
    if (path == nullptr || reader == nullptr) return bad_argument("the path or the reader is missing");
    ACTZ_TRY(auto file, io::FileSource::open(path));
    return open_on(std::make_unique<io::FileSource>(std::move(file)), options, reader);
  });
}

actz_status actz_reader_open_memory(const void* bytes, size_t byte_count, const actz_decode_options* options,
                                    actz_reader** reader, actz_error* error) {
  return guarded(error, [&]() -> Status {
    if (reader == nullptr) return bad_argument("the reader is missing");
    ACTZ_TRY(const auto data, borrow_list(static_cast<const std::byte*>(bytes), byte_count));
    return open_on(std::make_unique<MemorySource>(data), options, reader);
  });
}

actz_status actz_reader_open_source(const actz_byte_source* source, const actz_decode_options* options,
                                    actz_reader** reader, actz_error* error) {
  return guarded(error, [&]() -> Status {
    if (source == nullptr || reader == nullptr) return bad_argument("the source or the reader is missing");
    ACTZ_TRY(const auto given, read_struct(source));
    if (given.read_at == nullptr) return bad_argument("the callback is missing");
    return open_on(std::make_unique<CallbackSource>(given), options, reader);
  });
}

actz_status actz_reader_file(const actz_reader* reader, actz_file_info* info, actz_error* error) {
  return guarded(error, [&]() -> Status {
    if (reader == nullptr) return bad_argument("the reader is missing");
    return write_struct(info_of(reader->reader->summary(), reader->required_models), info);
  });
}

uint64_t actz_reader_tensor_count(const actz_reader* reader) {
  return reader == nullptr ? 0 : reader->reader->summary().tensors.size();
}

actz_status actz_reader_tensor(const actz_reader* reader, uint64_t tensor, actz_tensor_info* info, actz_error* error) {
  return guarded(error, [&]() -> Status {
    ACTZ_TRY(const auto* const summary, tensor_of(reader, tensor));
    return write_struct(info_of(*summary), info);
  });
}

actz_status actz_reader_find(const actz_reader* reader, const char* name, uint64_t* tensor, actz_error* error) {
  return guarded(error, [&]() -> Status {
    if (reader == nullptr || name == nullptr || tensor == nullptr) return bad_argument("an argument is missing");
    const auto& tensors = reader->reader->summary().tensors;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      if (tensors[i].name != name) continue;
      *tensor = i;
      return {};
    }
    return bad_argument("no tensor has this name");
  });
}

actz_status actz_reader_read_rows(actz_reader* reader, uint64_t tensor, uint64_t first_row, uint64_t end_row,
                                  void* buffer, size_t buffer_bytes, actz_error* error) {
  return guarded(error, [&]() -> Status {
    if (buffer == nullptr && buffer_bytes > 0) return bad_argument("the buffer is missing");
    return read_rows(reader, tensor, first_row, end_row, {static_cast<std::byte*>(buffer), buffer_bytes});
  });
}

void actz_reader_close(actz_reader* reader) { delete reader; }

}  // extern "C"
