#include "io/growing_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/checksum.hpp"
#include "base/try.hpp"
#include "io/error_text.hpp"
#include "io/output_file.hpp"

namespace actz::io {
namespace {

// The old end, as it is kept: offset, XXH64 of the bytes, then the bytes.
constexpr std::size_t kHeadBytes = 16;

Status read_exactly(int descriptor, std::uint64_t offset, std::span<std::byte> to, const std::string& path) {
  while (!to.empty()) {
    const ssize_t got = ::pread(descriptor, to.data(), to.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error("read", path, errno);
    if (got == 0) return Error{ErrorCode::io, Error::kNoOffset, in_quotes(path) + " was cut short meanwhile"};
    to = to.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return {};
}

Status write_exactly(int descriptor, std::uint64_t offset, std::span<const std::byte> data, const std::string& path) {
  while (!data.empty()) {
    const ssize_t put = ::pwrite(descriptor, data.data(), data.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return io_error("write", path, errno);
    data = data.subspan(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
  return {};
}

Status sync_file(int descriptor, const std::string& path) {
  while (::fsync(descriptor) != 0) {
    if (errno == EINVAL || errno == ENOTSUP) return {};
    if (errno != EINTR) return io_error("sync", path, errno);
  }
  return {};
}

/// Else a power failure could bring a removed old end back, and the next append would undo what was finished. The new
/// end stands whatever comes of this: a failure is no error.
void sync_folder_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  (void)sync_file(descriptor, folder);
  ::close(descriptor);
}

}  // namespace

Result<GrowingFile> GrowingFile::open(const std::string& path) {
  return without_exceptions([&]() -> Result<GrowingFile> {
    GrowingFile file;
    file.path_ = path;
    file.descriptor_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (file.descriptor_ < 0) return io_error("open", path, errno);
    struct stat status {};
    if (::fstat(file.descriptor_, &status) != 0) return io_error("open", path, errno);
    if (!S_ISREG(status.st_mode)) {
      return Error{ErrorCode::io, Error::kNoOffset, in_quotes(path) + " is not a regular file"};
    }
    if (::flock(file.descriptor_, LOCK_EX | LOCK_NB) != 0) {
      return Error{ErrorCode::bad_argument, Error::kNoOffset, "another process is writing to " + in_quotes(path)};
    }
    ACTZ_CHECK(file.undo());
    return file;
  });
}

Status GrowingFile::undo() {
  const auto kept = MappedFile::open(undo_path());
  if (!kept) return ::access(undo_path().c_str(), F_OK) == 0 ? Status(kept.error()) : Status{};
  const std::span<const std::byte> bytes = kept->bytes();
  if (bytes.size() < kHeadBytes || load_le<std::uint64_t>(&bytes[8]) != xxh64(bytes.subspan(kHeadBytes))) {
    return Error{ErrorCode::corrupt, Error::kNoOffset, in_quotes(undo_path()) + " is not the end of a file"};
  }
  const auto offset = load_le<std::uint64_t>(bytes.data());
  const std::uint64_t size = offset + (bytes.size() - kHeadBytes);
  ACTZ_CHECK(write_exactly(descriptor_, offset, bytes.subspan(kHeadBytes), path_));
  if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) return io_error("cut", path_, errno);
  ACTZ_CHECK(sync_file(descriptor_, path_));
  if (::unlink(undo_path().c_str()) != 0) return io_error("remove", undo_path(), errno);
  return {};
}

Status GrowingFile::begin(std::uint64_t offset_bytes) {
  return without_exceptions([&]() -> Status {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) return io_error("read", path_, errno);
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (begun_ || offset_bytes > size) return Error{ErrorCode::bad_argument, Error::kNoOffset, "no such end of a file"};
    std::vector<std::byte> old_end(kHeadBytes + static_cast<std::size_t>(size - offset_bytes));
    const auto tail = std::span(old_end).subspan(kHeadBytes);
    ACTZ_CHECK(read_exactly(descriptor_, offset_bytes, tail, path_));
    store_le(old_end.data(), offset_bytes);
    store_le(&old_end[8], xxh64(tail));
    ACTZ_TRY(auto kept, OutputFile::create(undo_path(), false));
    ACTZ_CHECK(kept.write(old_end));
    if (const Status named = kept.finish(); !named) {
      ::unlink(undo_path().c_str());  // it may have got its name before its folder could not be synced
      return named;
    }
    begun_ = true;
    offset_bytes_ = offset_bytes;
    return {};
  });
}

Status GrowingFile::write(std::span<const std::byte> data) {
  if (!begun_) return Error{ErrorCode::bad_argument, Error::kNoOffset, "the end of the file was not begun"};
  ACTZ_CHECK(write_exactly(descriptor_, offset_bytes_, data, path_));
  offset_bytes_ += data.size();
  return {};
}

Status GrowingFile::finish() {
  if (!begun_) return Error{ErrorCode::bad_argument, Error::kNoOffset, "the end of the file was not begun"};
  if (::ftruncate(descriptor_, static_cast<off_t>(offset_bytes_)) != 0) return io_error("cut", path_, errno);
  ACTZ_CHECK(sync_file(descriptor_, path_));
  begun_ = false;
  if (::unlink(undo_path().c_str()) != 0) return io_error("remove", undo_path(), errno);
  sync_folder_of(path_);
  return {};
}

void GrowingFile::swap(GrowingFile& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(offset_bytes_, other.offset_bytes_);
  std::swap(begun_, other.begun_);
  path_.swap(other.path_);
}

GrowingFile::GrowingFile(GrowingFile&& other) noexcept { swap(other); }

GrowingFile& GrowingFile::operator=(GrowingFile&& other) noexcept {
  GrowingFile taken(std::move(other));
  swap(taken);
  return *this;
}

GrowingFile::~GrowingFile() {
  if (begun_) (void)undo();
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace actz::io
