#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "actz/streams.hpp"
#include "base/try.hpp"
#include "io/output_file.hpp"

/// Files as the library's streams.

namespace actz::io {

/// @param File  OutputFile or GrowingFile.
template <class File>
class FileSink final : public ByteSink {
 public:
  explicit FileSink(File& file) : file_(file) {}
  Status write(std::span<const std::byte> data) override { return file_.write(data); }

 private:
  File& file_;
};

/// A file's bytes through the memory map, given back once read.
class FileSource final : public ByteSource {
 public:
  static Result<FileSource> open(const std::string& path) {
    FileSource out;
    ACTZ_TRY(out.file_, MappedFile::open(path));
    return out;
  }
  std::uint64_t size_bytes() const override { return file_.bytes().size(); }
  Status read_at(std::uint64_t offset_bytes, std::span<std::byte> to) const override {
    ACTZ_CHECK(MemorySource(file_.bytes()).read_at(offset_bytes, to));
    file_.release(offset_bytes, to.size());
    return {};
  }
  std::span<const std::byte> bytes() const { return file_.bytes(); }

 private:
  MappedFile file_;
};

/// A file read from front to back through the memory map.
class FileStream final : public ByteStream {
 public:
  explicit FileStream(MappedFile file) : file_(std::move(file)), memory_(file_.bytes()) {}
  Result<std::size_t> read(std::span<std::byte> to) override {
    ACTZ_TRY(const auto got, memory_.read(to));
    file_.release(position_, got);
    position_ += got;
    return got;
  }

 private:
  MappedFile file_;
  MemorySource memory_;
  std::uint64_t position_ = 0;
};

}  // namespace actz::io
