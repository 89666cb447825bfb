#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/try.hpp"
#include "io/byte_input.hpp"
#include "io/error_text.hpp"
#include "io/npy.hpp"
#include "io/npz.hpp"
#include "io/output_file.hpp"
#include "io/raw.hpp"
#include "io/safetensors.hpp"
#include "io/tensor_source.hpp"

namespace actz::io {
namespace {

struct FormatEnding {
  std::string_view ending;
  FileFormat format;
};
constexpr std::array<FormatEnding, 5> kEndings{{
    {".npy", FileFormat::npy},
    {".npz", FileFormat::npz},
    {".safetensors", FileFormat::safetensors},
    {".raw", FileFormat::raw},
    {".bin", FileFormat::raw},
}};

std::string_view file_name(std::string_view path) {
  const auto slash = path.find_last_of('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string stem(std::string_view path) {
  const std::string_view name = file_name(path);
  const auto dot = name.find_last_of('.');
  const bool has_ending = dot != std::string_view::npos && dot > 0;
  return std::string(has_ending ? name.substr(0, dot) : name);
}

bool begins_with(std::span<const std::byte> head, std::string_view magic) {
  return head.size() >= magic.size() && std::memcmp(head.data(), magic.data(), magic.size()) == 0;
}

std::optional<FileFormat> format_from_head(std::span<const std::byte> head) {
  if (begins_with(head, {kNpyMagic, kNpyMagicBytes})) return FileFormat::npy;
  if (begins_with(head, "PK\3\4") || begins_with(head, "PK\5\6")) return FileFormat::npz;
  if (looks_like_safetensors(head)) return FileFormat::safetensors;
  return std::nullopt;
}

Result<std::unique_ptr<TensorCollection>> open_format(std::shared_ptr<ByteInput> input, FileFormat format,
                                                      std::string name, const ReadOptions& options) {
  switch (format) {
    case FileFormat::npy: return open_npy(std::move(input), std::move(name));
    case FileFormat::safetensors: return open_safetensors(std::move(input));
    case FileFormat::raw: return open_raw(std::move(input), std::move(name), options);
    case FileFormat::npz:
      if (input->in_memory() == nullptr) {
        ACTZ_TRY(input, buffer_whole(*input));
      }
      return open_npz(std::move(input));
  }
  return Error{ErrorCode::bad_argument, Error::kNoOffset, "no such file format"};
}

Result<std::unique_ptr<TensorCollection>> open_pipe(std::shared_ptr<PipeInput> input, std::string name,
                                                    const ReadOptions& options) {
  std::optional<FileFormat> format = options.format;
  if (!format && !options.raw_shape) {  // a shape can only be meant for raw data
    ACTZ_TRY(const auto head, input->peek(kSafetensorsSniffBytes));
    format = format_from_head(head);
  }
  return open_format(std::move(input), format.value_or(FileFormat::raw), std::move(name), options);
}

/// A mapped file, of which only what is being read stays in memory.
class MappedInput final : public ByteInput {
 public:
  explicit MappedInput(std::shared_ptr<const MappedFile> file)
      : file_(std::move(file)), memory_(file_, file_->bytes()) {}
  Status read_at(std::uint64_t offset_bytes, std::span<std::byte> to) override {
    ACTZ_CHECK(memory_.read_at(offset_bytes, to));
    file_->release(offset_bytes, to.size());
    return {};
  }
  Result<bool> ends_at(std::uint64_t offset_bytes) override { return memory_.ends_at(offset_bytes); }
  std::optional<std::uint64_t> size_bytes() const override { return memory_.size_bytes(); }
  bool rewindable() const override { return true; }
  const std::span<const std::byte>* in_memory() const override { return memory_.in_memory(); }

 private:
  std::shared_ptr<const MappedFile> file_;
  MemoryInput memory_;
};

Result<std::unique_ptr<TensorCollection>> open_mapped(const std::string& path, const ReadOptions& options) {
  ACTZ_TRY(MappedFile mapping, MappedFile::open(path));
  const auto owner = std::make_shared<const MappedFile>(std::move(mapping));
  std::optional<FileFormat> format = options.format ? options.format : format_from_path(path);
  if (!format && options.raw_shape) format = FileFormat::raw;
  if (!format) format = format_from_head(owner->bytes());
  if (!format) {
    // Unlike a pipe, a file has a name to choose; taking any unknown one for f32 would hide mistakes.
    return Error{ErrorCode::bad_argument, Error::kNoOffset,
                 in_quotes(path) + " has no ending .npy, .npz, .safetensors, .raw or .bin; name the format"};
  }
  return open_format(std::make_shared<MappedInput>(owner), *format, stem(path), options);
}

bool is_stream(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return false;  // the error shows when it is opened
  return S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode) || S_ISSOCK(status.st_mode);
}

}  // namespace

std::optional<FileFormat> format_from_path(const std::string& path) {
  std::string name(file_name(path));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  for (const FormatEnding& row : kEndings) {
    if (name.ends_with(row.ending)) return row.format;
  }
  return std::nullopt;
}

Result<std::unique_ptr<TensorCollection>> open_tensors(const std::string& path, const ReadOptions& options) {
  return without_exceptions([&]() -> Result<std::unique_ptr<TensorCollection>> {
    if (path == "-") return open_pipe(std::make_shared<PipeInput>(STDIN_FILENO, false), "tensor", options);
    if (!is_stream(path)) return open_mapped(path, options);
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return io_error("open", path, errno);
    return open_pipe(std::make_shared<PipeInput>(descriptor, true), stem(path), options);
  });
}

}  // namespace actz::io
