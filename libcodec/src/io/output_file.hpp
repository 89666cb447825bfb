#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "actz/result.hpp"

namespace actz::io {

/// A file that appears at its name whole or not at all: written to a temporary name beside it, then
/// fsync(file), rename, fsync(directory). The destructor removes an unfinished one. "-" is standard output.
/// Standard output, FIFOs and character devices such as /dev/null are written directly, without sync.
class OutputFile {
 public:
  /// @param overwrite  false: a regular file at `path` is bad_argument, here and again in finish(), and stays
  ///   untouched. True: it is replaced in one step; a symbolic link is followed and its target replaced.
  /// Errors: bad_argument, io (also for a directory at `path` and for a missing parent directory).
  static Result<OutputFile> create(const std::string& path, bool overwrite);
  OutputFile(OutputFile&&) noexcept;
  OutputFile& operator=(OutputFile&&) noexcept;
  ~OutputFile();

  /// Appends. After an error the file is unfinished: only destruction makes sense. A reader that went away is io
  /// (the process must ignore SIGPIPE).
  Status write(std::span<const std::byte> data);
  /// Syncs and moves the file to its name. Nothing may be written afterwards.
  Status finish();
  std::uint64_t written_bytes() const { return written_bytes_; }

 private:
  OutputFile() = default;
  static Result<OutputFile> open_special(const std::string& path);
  Status create_temporary();
  Status close_descriptor();
  Status move_into_place();
  void swap(OutputFile& other) noexcept;

  int descriptor_ = -1;
  bool is_pipe_ = false;
  bool owns_descriptor_ = false;
  bool overwrite_ = false;
  std::uint64_t written_bytes_ = 0;
  std::string path_;
  std::string directory_;
  std::string temporary_path_;  // empty when there is nothing to remove
};

/// A file's bytes, mapped read-only. Empty files map to an empty span. A file that another process shortens
/// meanwhile raises SIGBUS on access, as with every mapping.
class MappedFile {
 public:
  static Result<MappedFile> open(const std::string& path);
  MappedFile() = default;
  MappedFile(MappedFile&&) noexcept;
  MappedFile& operator=(MappedFile&&) noexcept;
  ~MappedFile();
  std::span<const std::byte> bytes() const { return {data_, size_bytes_}; }
  /// Gives the memory of whole pages back that were read and are hardly needed again; reading them again is slower.
  /// Does nothing for less than 64 KiB.
  void release(std::uint64_t offset_bytes, std::size_t bytes) const;

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_bytes_ = 0;
};

}  // namespace actz::io
