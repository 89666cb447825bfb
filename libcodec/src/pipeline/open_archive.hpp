#pragma once

#include <cstdint>
#include <vector>

#include "actz/archive.hpp"
#include "container/fields.hpp"
#include "container/section.hpp"
#include "pipeline/model_set.hpp"

namespace actz {

/// A data file as its index shows it: everything but the chunks.
struct OpenArchive {
  struct OpenTensor {
    TensorHeader header;
    std::vector<IndexEntry> chunks;
    unsigned reference_depth = 0;  ///< tensors in its chain of references
    std::uint64_t digest = 0;      ///< as its TENSOR_END section says
  };

  const ByteSource* source = nullptr;  ///< borrowed
  DecodeOptions options;
  ArchiveSummary summary;
  std::vector<OpenTensor> tensors;
  ModelSet models{DecodeOptions{}};
};

/// Finds the index through the end mark and reads what it lists, chunks excepted.
Result<OpenArchive> open_archive(const ByteSource& source, const DecodeOptions& options);

struct Section {
  SectionHeader header;
  std::vector<std::byte> payload;
  std::uint64_t content_offset_bytes = 0;
};

/// Reads and checks one section whose place and length are known. Its type is the caller's to check.
Result<Section> read_section(const ByteSource& source, std::uint64_t offset, std::uint64_t section_bytes,
                             const DecodeLimits& limits);

}  // namespace actz
