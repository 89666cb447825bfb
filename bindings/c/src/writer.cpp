#include "actz/c/writer.h"

#include "arrays.hpp"
#include "base/try.hpp"
#include "encode_options.hpp"
#include "guard.hpp"
#include "handles.hpp"
#include "io/file_streams.hpp"
#include "sized_struct.hpp"

namespace actz::c_abi {
namespace {

class MemoryTarget final : public Target {
 public:
  Status write(std::span<const std::byte> data) override { return sink_.write(data); }
  const std::vector<std::byte>* in_memory() const override { return &sink_.bytes; }

 private:
  MemorySink sink_;
};

class CallbackTarget final : public Target {
 public:
  CallbackTarget(actz_write_fn function, void* context) : write_(function), context_(context) {}
  Status write(std::span<const std::byte> data) override {
    return from_callback(write_(context_, data.data(), data.size()), "the caller's write failed");
  }

 private:
  actz_write_fn write_;
  void* context_;
};

/// @param File  io::OutputFile or io::GrowingFile.
template <class File>
class FileTarget final : public Target {
 public:
  explicit FileTarget(File file) : file_(std::move(file)) {}
  Status write(std::span<const std::byte> data) override { return file_.write(data); }
  Status finish() override { return file_.finish(); }
  File& file() { return file_; }

 private:
  File file_;
};

class CallbackElements final : public ElementSource {
 public:
  explicit CallbackElements(const actz_element_source& source) : source_(source) {}
  Status read(std::uint64_t first_elem, std::span<std::byte> to) override {
    return from_callback(source_.read(source_.context, first_elem, to.data(), to.size()), "the caller's read failed");
  }
  bool rewindable() const override { return source_.rewindable != 0; }

 private:
  actz_element_source source_;
};

Status open_on(std::unique_ptr<Target> target, actz_writer** writer) {
  auto out = std::make_unique<actz_writer>();
  out->target = std::move(target);
  out->writer.emplace(*out->target);
  *writer = out.release();
  return {};
}

Status append(const char* path, const actz_decode_options* options, actz_writer** writer) {
  ACTZ_TRY(const auto reading, read_decode_options(options));
  ACTZ_TRY(auto file, io::GrowingFile::open(path));
  ACTZ_TRY(auto source, io::FileSource::open(path));
  auto out = std::make_unique<actz_writer>();
  out->appended_to = std::make_unique<io::FileSource>(std::move(source));
  auto target = std::make_unique<FileTarget<io::GrowingFile>>(std::move(file));
  io::GrowingFile& growing = target->file();
  out->target = std::move(target);
  ACTZ_TRY(auto resumed, ArchiveWriter::resume(*out->appended_to, *out->target, reading));
  ACTZ_CHECK(growing.begin(resumed.written_bytes()));
  out->writer.emplace(std::move(resumed));
  *writer = out.release();
  return {};
}

Status add(actz_writer& writer, const char* name, const BorrowedArray& array, ElementSource& elements,
           const actz_encode_options* given, actz_encode_report* report) {
  if (writer.failed || writer.finished) return bad_argument("the writer is finished, or an earlier call failed");
  ACTZ_TRY(auto options, read_encode_options(given));
  if (options.profile != nullptr) {
    writer.profiles.push_back(*options.profile);
    options.profile = &writer.profiles.back();
  }
  writer.failed = true;  // until it went well
  ACTZ_TRY(const auto done, writer.writer->add_tensor(name, array.dtype, array.shape, elements, options));
  writer.failed = false;
  if (report == nullptr) return {};
  actz_encode_report out{};
  out.input_bytes = done.input_bytes;
  out.values = done.values;
  out.output_bytes = done.output_bytes;
  out.embedded_model_bytes = done.embedded_model_bytes;
  out.patches = done.patches;
  out.matched_rows = done.matched_rows;
  out.match_bits = done.match_bits;
  out.source_chunks = done.source_chunks;
  out.dictionary_bytes = done.dictionary_bytes;
  out.nmse = done.nmse;
  out.max_abs_error = done.max_abs_error;
  return write_struct(out, report);
}

}  // namespace
}  // namespace actz::c_abi

using namespace actz;         // NOLINT: the rest of the file is the C interface
using namespace actz::c_abi;  // NOLINT

extern "C" {

actz_status actz_writer_open_path(const char* path, int overwrite, actz_writer** writer, actz_error* error) {
  return guarded(error, [&]() -> Status {
    if (path == nullptr || writer == nullptr) return bad_argument("the path or the writer is missing");
    ACTZ_TRY(auto file, io::OutputFile::create(path, overwrite != 0));
    return open_on(std::make_unique<FileTarget<io::OutputFile>>(std::move(file)), writer);
  });
}

actz_status actz_writer_open_callback(actz_write_fn write, void* context, actz_writer** writer, actz_error* error) {
  return guarded(error, [&]() -> Status {
    if (write == nullptr || writer == nullptr) return bad_argument("the callback or the writer is missing");
    return open_on(std::make_unique<CallbackTarget>(write, context), writer);
  });
}

actz_status actz_writer_open_memory(actz_writer** writer, actz_error* error) {
  return guarded(error, [&]() -> Status {
    if (writer == nullptr) return bad_argument("the writer is missing");
    return open_on(std::make_unique<MemoryTarget>(), writer);
  });
}

actz_status actz_writer_append_path(const char* path, const actz_decode_options* options, actz_writer** writer,
                                    actz_error* error) {
  return guarded(error, [&]() -> Status {
    if (path == nullptr || writer == nullptr) return bad_argument("the path or the writer is missing");
    return append(path, options, writer);
  });
}

actz_status actz_writer_add_metadata(actz_writer* writer, const char* json, actz_error* error) {
  return guarded(error, [&]() -> Status {
    if (writer == nullptr || json == nullptr) return bad_argument("the writer or the metadata is missing");
    if (writer->failed || writer->finished) return bad_argument("the writer is finished, or an earlier call failed");
    return writer->writer->add_metadata(json);
  });
}

actz_status actz_writer_add_tensor(actz_writer* writer, const char* name, const actz_array* tensor,
                                   const actz_encode_options* options, actz_encode_report* report, actz_error* error) {
  return guarded(error, [&]() -> Status {
    if (writer == nullptr || name == nullptr) return bad_argument("the writer or the name is missing");
    ACTZ_TRY(const auto array, borrow_array(tensor, true));
    MemoryElements elements(array.dtype, array.elements);
    return add(*writer, name, array, elements, options, report);
  });
}

actz_status actz_writer_add_elements(actz_writer* writer, const char* name, const actz_array* tensor,
                                     const actz_element_source* elements, const actz_encode_options* options,
                                     actz_encode_report* report, actz_error* error) {
  return guarded(error, [&]() -> Status {
    if (writer == nullptr || name == nullptr) return bad_argument("the writer or the name is missing");
    ACTZ_TRY(const auto array, borrow_array(tensor, false));
    ACTZ_TRY(const auto source, read_struct(elements));
    if (source.read == nullptr) return bad_argument("the callback is missing");
    CallbackElements from(source);
    return add(*writer, name, array, from, options, report);
  });
}

actz_status actz_writer_finish(actz_writer* writer, actz_error* error) {
  return guarded(error, [&]() -> Status {
    if (writer == nullptr) return bad_argument("the writer is missing");
    if (writer->failed || writer->finished) return bad_argument("the writer is finished, or an earlier call failed");
    writer->failed = true;  // until it went well
    ACTZ_CHECK(writer->writer->finish());
    ACTZ_CHECK(writer->target->finish());
    writer->failed = false;
    writer->finished = true;
    return {};
  });
}

uint64_t actz_writer_written_bytes(const actz_writer* writer) {
  return writer == nullptr ? 0 : writer->writer->written_bytes();
}

actz_status actz_writer_take_bytes(const actz_writer* writer, const actz_allocator* allocator, void** bytes,
                                   size_t* byte_count, actz_error* error) {
  return guarded(error, [&]() -> Status {
    if (writer == nullptr || writer->target->in_memory() == nullptr || !writer->finished)
      return bad_argument("the writer is not finished, or does not write to memory");
    return give_bytes(*writer->target->in_memory(), allocator, bytes, byte_count);
  });
}

void actz_writer_close(actz_writer* writer) { delete writer; }

}  // extern "C"
