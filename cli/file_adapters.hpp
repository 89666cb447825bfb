#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actz/archive.hpp"
#include "io/file_streams.hpp"
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

using io::FileSink;
using io::FileSource;

/// Standard input, or a file read from front to back.
Result<std::unique_ptr<ByteStream>> open_stream(const std::string& path);

/// Reads and parses a .actp file.
Result<Profile> load_profile(const std::string& path);

/// True when the file (not "-") begins like one of ours.
bool is_archive(const std::string& path);

}  // namespace actz::cli
