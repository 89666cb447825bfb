#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actz/archive.hpp"
#include "io/output_file.hpp"
#include "io/tensor_source.hpp"

/// Files and pipes as the library's streams.

namespace actz::cli {

class SourceElements final : public ElementSource {
 public:
  explicit SourceElements(io::TensorSource& source) : source_(source) {}
  Status read(std::uint64_t first_elem, std::span<std::byte> to) override { return source_.read(first_elem, to); }
  bool rewindable() const override { return source_.rewindable(); }

 private:
  io::TensorSource& source_;
};

/// @param File  io::OutputFile or io::GrowingFile.
template <class File>
class FileSink final : public ByteSink {
 public:
  explicit FileSink(File& file) : file_(file) {}
  Status write(std::span<const std::byte> data) override { return file_.write(data); }

 private:
  File& file_;
};

/// A file's bytes through the memory map.
class FileSource final : public ByteSource {
 public:
  static Result<FileSource> open(const std::string& path);
  std::uint64_t size_bytes() const override { return file_.bytes().size(); }
  Status read_at(std::uint64_t offset_bytes, std::span<std::byte> to) const override;
  std::span<const std::byte> bytes() const { return file_.bytes(); }

 private:
  io::MappedFile file_;
};

/// Standard input, or a file read from front to back.
Result<std::unique_ptr<ByteStream>> open_stream(const std::string& path);

/// Reads and parses a .actp file.
Result<Profile> load_profile(const std::string& path);

/// True when the file (not "-") begins like one of ours.
bool is_archive(const std::string& path);

}  // namespace actz::cli
