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

}  // namespace

Result<std::unique_ptr<ByteStream>> open_stream(const std::string& path) {
  if (path == "-") return std::unique_ptr<ByteStream>(std::make_unique<StandardInput>());
  ACTZ_TRY(auto file, io::MappedFile::open(path));
  return std::unique_ptr<ByteStream>(std::make_unique<io::FileStream>(std::move(file)));
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
