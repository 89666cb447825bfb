#include "io/output_file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "base/try.hpp"
#include "io/error_text.hpp"

namespace actz::io {
namespace {

Error already_exists(const std::string& path) {
  return {ErrorCode::bad_argument, Error::kNoOffset, in_quotes(path) + " exists already"};
}

std::string directory_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// The name does not contain that of the target, which may already have the greatest length the file system takes.
std::string random_temporary_path(const std::string& directory) {
  unsigned char random_bytes[8] = {};
  if (::getrandom(random_bytes, sizeof(random_bytes), 0) != static_cast<ssize_t>(sizeof(random_bytes))) {
    random_bytes[0] = static_cast<unsigned char>(::getpid());  // O_EXCL and the retries keep it safe
  }
  constexpr char kHexDigits[] = "0123456789abcdef";
  std::string path = directory + "/.actz-";
  for (const unsigned char byte : random_bytes) {
    path += kHexDigits[byte >> 4];
    path += kHexDigits[byte & 15];
  }
  return path + ".tmp";
}

std::string resolved_link(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> target(::realpath(path.c_str(), nullptr), &std::free);
  return target ? std::string(target.get()) : path;  // a link to nowhere is itself replaced
}

Status sync_descriptor(int descriptor, const std::string& path) {
  while (::fsync(descriptor) != 0) {
    const int error_number = errno;
    if (error_number == EINVAL || error_number == ENOTSUP) return {};  // file systems that cannot sync this kind
    if (error_number != EINTR) return io_error("sync", path, error_number);
  }
  return {};
}

Status sync_directory(const std::string& directory) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return io_error("open directory", directory, errno);
  Status status = sync_descriptor(descriptor, directory);
  ::close(descriptor);
  return status;
}

/// 0 or an errno value. Both ways fail with EEXIST, without a gap in which another process could create `to`.
int rename_to_free_name(const std::string& from, const std::string& to) {
#if defined(RENAME_NOREPLACE)
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;  // those two: the file system does not know the flag
#endif
  if (::link(from.c_str(), to.c_str()) != 0) return errno;
  ::unlink(from.c_str());
  return 0;
}

}  // namespace

Result<OutputFile> OutputFile::open_special(const std::string& path) {
  OutputFile file;
  file.is_pipe_ = true;
  file.path_ = path;
  if (path == "-") {
    file.descriptor_ = STDOUT_FILENO;
    return file;
  }
  file.descriptor_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file.descriptor_ < 0) return io_error("open", path, errno);
  file.owns_descriptor_ = true;
  return file;
}

Result<OutputFile> OutputFile::create(const std::string& path, bool overwrite) {
  return without_exceptions([&]() -> Result<OutputFile> {
    if (path == "-") return open_special(path);
    if (path.empty()) return Error{ErrorCode::bad_argument, Error::kNoOffset, "the output path is empty"};
    OutputFile file;
    file.overwrite_ = overwrite;
    file.path_ = path;
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) {
      if (S_ISCHR(status.st_mode) || S_ISFIFO(status.st_mode)) return open_special(path);
      if (!S_ISREG(status.st_mode)) {
        return Error{ErrorCode::io, Error::kNoOffset, in_quotes(path) + " is not a regular file"};
      }
    }
    if (::lstat(path.c_str(), &status) == 0) {
      if (!overwrite) return already_exists(path);
      if (S_ISLNK(status.st_mode)) file.path_ = resolved_link(path);
    }
    file.directory_ = directory_of(file.path_);
    ACTZ_CHECK(file.create_temporary());
    return file;
  });
}

Status OutputFile::create_temporary() {
  constexpr int kAttempts = 16;  // 64 random bits collide only if someone creates the names on purpose
  int error_number = 0;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::string candidate = random_temporary_path(directory_);
    descriptor_ = ::open(candidate.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ >= 0) {
      owns_descriptor_ = true;
      temporary_path_ = std::move(candidate);
      return {};
    }
    error_number = errno;
    if (error_number != EEXIST && error_number != EINTR) break;
  }
  return io_error("create a file in", directory_, error_number);
}

Status OutputFile::write(std::span<const std::byte> data) {
  if (descriptor_ < 0) return Error{ErrorCode::bad_argument, Error::kNoOffset, "the output is finished or moved away"};
  while (!data.empty()) {
    const ssize_t put_bytes = ::write(descriptor_, data.data(), data.size());
    if (put_bytes >= 0) {
      written_bytes_ += static_cast<std::uint64_t>(put_bytes);
      data = data.subspan(static_cast<std::size_t>(put_bytes));
      continue;
    }
    const int error_number = errno;
    if (error_number == EAGAIN) {  // a non-blocking descriptor inherited from someone else
      pollfd ready{descriptor_, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (error_number != EINTR) {
      return io_error("write", path_, error_number);
    }
  }
  return {};
}

Status OutputFile::close_descriptor() {
  const int descriptor = std::exchange(descriptor_, -1);
  if (!std::exchange(owns_descriptor_, false)) return {};
  // Linux frees the descriptor even when close is interrupted: trying again could close a stranger's.
  if (::close(descriptor) != 0 && errno != EINTR) return io_error("close", path_, errno);
  return {};
}

Status OutputFile::move_into_place() {
  if (overwrite_) {
    if (::rename(temporary_path_.c_str(), path_.c_str()) != 0) return io_error("replace", path_, errno);
  } else if (const int error_number = rename_to_free_name(temporary_path_, path_); error_number != 0) {
    if (error_number == EEXIST) return already_exists(path_);
    return io_error("create", path_, error_number);
  }
  temporary_path_.clear();
  return sync_directory(directory_);
}

Status OutputFile::finish() {
  return without_exceptions([&]() -> Status {
    if (descriptor_ < 0) return Error{ErrorCode::bad_argument, Error::kNoOffset, "the output is finished already"};
    if (is_pipe_) return close_descriptor();
    ACTZ_CHECK(sync_descriptor(descriptor_, path_));
    ACTZ_CHECK(close_descriptor());
    return move_into_place();
  });
}

void OutputFile::swap(OutputFile& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(is_pipe_, other.is_pipe_);
  std::swap(owns_descriptor_, other.owns_descriptor_);
  std::swap(overwrite_, other.overwrite_);
  std::swap(written_bytes_, other.written_bytes_);
  path_.swap(other.path_);
  directory_.swap(other.directory_);
  temporary_path_.swap(other.temporary_path_);
}

OutputFile::OutputFile(OutputFile&& other) noexcept { swap(other); }

OutputFile& OutputFile::operator=(OutputFile&& other) noexcept {
  OutputFile taken(std::move(other));  // the file held so far is abandoned when `taken` goes
  swap(taken);
  return *this;
}

OutputFile::~OutputFile() {
  if (owns_descriptor_) ::close(descriptor_);
  if (!temporary_path_.empty()) ::unlink(temporary_path_.c_str());
}

}  // namespace actz::io
