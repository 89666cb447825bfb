#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "actz/result.hpp"

namespace actz::io {

/// A file whose end is replaced by something longer, or stays as it was. The end that is overwritten is kept beside the
/// file, in "PATH.undo", until the new one is whole and synced: open() puts it back if an earlier process did not get
/// that far, and the destructor if this one does not.
class GrowingFile {
 public:
  /// Opens a regular file for this process alone.
  /// Errors: io; bad_argument if another process has it open in this way.
  static Result<GrowingFile> open(const std::string& path);
  GrowingFile(GrowingFile&&) noexcept;
  GrowingFile& operator=(GrowingFile&&) noexcept;
  ~GrowingFile();

  /// What is written from now on takes the place of all from this offset on. Once.
  Status begin(std::uint64_t offset_bytes);
  Status write(std::span<const std::byte> data);
  /// Syncs the file, then forgets its old end.
  Status finish();

 private:
  GrowingFile() = default;
  Status undo();
  std::string undo_path() const { return path_ + ".undo"; }
  void swap(GrowingFile& other) noexcept;

  int descriptor_ = -1;
  std::uint64_t offset_bytes_ = 0;
  bool begun_ = false;
  std::string path_;
};

}  // namespace actz::io
