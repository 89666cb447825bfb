#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <limits>
#include <utility>

#include "io/error_text.hpp"
#include "io/output_file.hpp"

namespace actz::io {
namespace {

Error not_regular(const std::string& path, mode_t mode) {
  const char* const kind = S_ISDIR(mode) ? " is a directory" : " is not a regular file";
  return {ErrorCode::io, Error::kNoOffset, in_quotes(path) + kind};
}

Result<std::span<const std::byte>> map_descriptor(int descriptor, const std::string& path) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return io_error("inspect", path, errno);
  if (!S_ISREG(status.st_mode)) return not_regular(path, status.st_mode);
  const auto file_bytes = static_cast<std::uint64_t>(status.st_size);
  if (file_bytes == 0) return std::span<const std::byte>();  // mmap refuses a length of zero
  if (file_bytes > std::numeric_limits<std::size_t>::max()) return io_error("map", path, EFBIG);
  const auto length_bytes = static_cast<std::size_t>(file_bytes);
  void* const address = ::mmap(nullptr, length_bytes, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (address == MAP_FAILED) return io_error("map", path, errno);
  return std::span(static_cast<const std::byte*>(address), length_bytes);
}

}  // namespace

Result<MappedFile> MappedFile::open(const std::string& path) {
  // O_NONBLOCK: opening a FIFO without a writer must fail below rather than wait.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return io_error("open", path, errno);
  auto mapping = map_descriptor(descriptor, path);
  ::close(descriptor);  // the mapping lives on without it
  if (!mapping) return std::move(mapping).error();
  MappedFile file;
  file.data_ = mapping->data();
  file.size_bytes_ = mapping->size();
  return file;
}

void MappedFile::release(std::uint64_t offset_bytes, std::size_t bytes) const {
  constexpr std::size_t kFewestBytes = 64 << 10;
  if (bytes < kFewestBytes) return;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t first = (static_cast<std::size_t>(offset_bytes) + page - 1) / page * page;
  const std::size_t end = (static_cast<std::size_t>(offset_bytes) + bytes) / page * page;
  // Advice, no more: what goes wrong here costs memory only.
  if (first < end) (void)::madvise(const_cast<std::byte*>(data_ + first), end - first, MADV_DONTNEED);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_bytes_(std::exchange(other.size_bytes_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_bytes_, other.size_bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_bytes_);
}

}  // namespace actz::io
