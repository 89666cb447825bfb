#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <vector>

#include "actz/streams.hpp"
#include "container/fields.hpp"
#include "container/section.hpp"
#include "pipeline/model_choice.hpp"
#include "pipeline/open_archive.hpp"

namespace actz {

/// Writes the sections of a data file in order, remembers them for the index, and numbers the models.
class FileWriter {
 public:
  explicit FileWriter(ByteSink& sink) : sink_(sink) {}
  /// Goes on with a file, in place of its index and end mark.
  FileWriter(ByteSink& sink, const OpenArchive& file);

  /// The file header, unless it was written.
  Status start();

  /// Writes a section and remembers it for the index.
  /// @param place  tensor and strands, for the sections that have them.
  Status section(SectionType type, std::span<const std::byte> payload, const IndexEntry& place = {},
                 std::uint16_t flags = 0);

  /// Embeds or names a model, with its dictionary, once for each file. Returns its index.
  Result<std::uint16_t> add_model(const ModelChoice& choice);

  /// Index and end mark.
  Status finish();

  std::uint64_t offset_bytes() const { return offset_bytes_; }
  bool has_sections() const { return !index_.empty(); }

 private:
  Status write(std::span<const std::byte> bytes);

  ByteSink& sink_;
  std::uint64_t offset_bytes_ = 0;
  std::vector<IndexEntry> index_;
  std::size_t model_count_ = 0;
  std::map<Sha256, std::uint16_t> models_;
  std::set<Sha256> dictionaries_;
};

}  // namespace actz
