#pragma once

#include <cstdint>
#include <vector>

#include "actz/archive.hpp"
#include "container/fields.hpp"
#include "container/section.hpp"
#include "pipeline/model_set.hpp"
#include "pipeline/source_chunks.hpp"

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
  std::vector<IndexEntry> index;  ///< all sections before it
  std::uint64_t index_offset_bytes = 0;
  std::vector<OpenTensor> tensors;
  ModelSet models{DecodeOptions{}};
  SourceChunks sources;
};

/// Finds the index through the end mark and reads what it lists, chunks excepted.
Result<OpenArchive> open_archive(const ByteSource& source, const DecodeOptions& options);

struct Section {
  SectionHeader header;
  std::vector<std::byte> payload;
  std::uint64_t content_offset_bytes = 0;
};

/// Reads the header of a chunk alone. Its fields are checked, its checksum is not.
Result<ChunkHeader> read_chunk_header_at(const ByteSource& source, const IndexEntry& entry);

/// Reads and checks one section whose place and length are known. Its type is the caller's to check.
Result<Section> read_section(const ByteSource& source, std::uint64_t offset, std::uint64_t section_bytes,
                             const DecodeLimits& limits);

}  // namespace actz
