#include "file_adapters.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/try.hpp"
#include "container/section.hpp"

namespace actz::cli {
namespace {

class StandardInput final : public ByteStream {
 public:
  Result<std::size_t> read(std::span<std::byte> to) override {
    std::size_t have = 0;
    while (have < to.size()) {
      const ssize_t got = ::read(STDIN_FILENO, to.data() + have, to.size() - have);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0)
        return Error{ErrorCode::io, Error::kNoOffset, std::string("standard input: ") + std::strerror(errno)};
      if (got == 0) break;
      have += static_cast<std::size_t>(got);
    }
    return have;
  }
};

class FileStream final : public ByteStream {
 public:
  explicit FileStream(io::MappedFile file) : file_(std::move(file)), memory_(file_.bytes()) {}
  Result<std::size_t> read(std::span<std::byte> to) override {
    ACTZ_TRY(const auto got, memory_.read(to));
    file_.release(position_, got);
    position_ += got;
    return got;
  }

 private:
  io::MappedFile file_;
  MemorySource memory_;
  std::uint64_t position_ = 0;
};

}  // namespace

Result<FileSource> FileSource::open(const std::string& path) {
  FileSource out;
  ACTZ_TRY(out.file_, io::MappedFile::open(path));
  return out;
}

Status FileSource::read_at(std::uint64_t offset_bytes, std::span<std::byte> to) const {
  ACTZ_CHECK(MemorySource(file_.bytes()).read_at(offset_bytes, to));
  file_.release(offset_bytes, to.size());
  return {};
}

Result<std::unique_ptr<ByteStream>> open_stream(const std::string& path) {
  if (path == "-") return std::unique_ptr<ByteStream>(std::make_unique<StandardInput>());
  ACTZ_TRY(auto file, io::MappedFile::open(path));
  return std::unique_ptr<ByteStream>(std::make_unique<FileStream>(std::move(file)));
}

Result<Profile> load_profile(const std::string& path) {
  ACTZ_TRY(const auto file, io::MappedFile::open(path));
  return Profile::parse(file.bytes());
}

bool is_archive(const std::string& path) {
  if (path == "-") return false;
  if (path.ends_with(".actz") || path.ends_with(".actp")) return true;
  const auto file = io::MappedFile::open(path);
  return file && read_file_header(file->bytes().first(std::min(file->bytes().size(), kFileHeaderBytes))).has_value();
}

}  // namespace actz::cli
