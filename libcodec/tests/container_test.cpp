#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "actz/archive.hpp"
#include "base/checksum.hpp"
#include "container/fields.hpp"
#include "container/section.hpp"

// Files written section by section, checksums right, one thing wrong: both readers refuse them. The vectors in
// conformance/ break every rule; these are the ones that a reader through the index once missed.

using namespace actz;

namespace {

using Bytes = std::vector<std::byte>;

class FileParts {
 public:
  FileParts() : data_(write_file_header(FileKind::data)) {}

  void add(std::uint16_t type, const Bytes& payload, std::uint16_t flags = 0, IndexEntry entry = {}) {
    const Bytes piece = write_section(static_cast<SectionType>(type), payload, flags);
    entry.type = type;
    entry.offset_bytes = data_.size();
    entry.section_bytes = piece.size();
    entries_.push_back(entry);
    append(piece);
  }
  void add(SectionType type, const Bytes& payload, std::uint16_t flags = 0, const IndexEntry& entry = {}) {
    add(static_cast<std::uint16_t>(type), payload, flags, entry);
  }

  /// A tensor of two bytes in one raw chunk.
  void add_tensor(std::uint64_t digest_xor = 0, std::uint32_t chunk_index = 0, std::uint16_t tensor_flags = 0) {
    const Bytes elements = {std::byte{1}, std::byte{2}};
    const TensorHeader tensor{"x", DType::u8, {2}, 1, 1, 2, 1, 1.0F, kCentreScaleOne};
    add(SectionType::tensor, write_tensor_header(tensor), tensor_flags);
    ChunkHeader header;
    header.chunk_index = chunk_index;
    header.strand_count = 1;
    header.coding = ChunkCoding::raw;
    header.digest = xxh64(elements);
    Bytes chunk;
    write_chunk_header(header, chunk);
    chunk.insert(chunk.end(), elements.begin(), elements.end());
    IndexEntry entry;
    entry.strand_count = 1;
    add(SectionType::chunk, chunk, 0, entry);
    Bytes digests(8);
    for (std::size_t i = 0; i < 8; ++i) digests[i] = static_cast<std::byte>(header.digest >> (8 * i));
    add(SectionType::tensor_end, write_tensor_end({0, 1, xxh64(digests) ^ digest_xor, 0, 0, 0}));
  }

  Bytes finish() {
    const std::uint64_t index_offset = data_.size();
    append(write_section(SectionType::index, write_index(entries_)));
    append(write_section(SectionType::end, write_end_mark({index_offset, data_.size() + 40})));
    return data_;
  }

 private:
  void append(const Bytes& piece) { data_.insert(data_.end(), piece.begin(), piece.end()); }

  Bytes data_;
  std::vector<IndexEntry> entries_;
};

Status read_all(const ByteSource& source) {
  const auto reader = ArchiveReader::open(source);
  if (!reader) return reader.error();
  for (std::size_t i = 0; i < reader->summary().tensors.size(); ++i) {
    const Status status = reader->read_rows(i, 0, reader->summary().tensors[i].rows, [](auto) { return Status{}; });
    if (!status) return status;
  }
  return {};
}

void check_both(const Bytes& file, std::optional<ErrorCode> wanted) {
  const MemorySource source(file);
  const Status at_random = read_all(source);
  MemorySource stream(file);
  const auto in_order = read_stream(stream, {}, {});
  CHECK(at_random.has_value() == !wanted.has_value());
  CHECK(in_order.has_value() == !wanted.has_value());
  if (!wanted || at_random || in_order) return;
  CHECK(family(at_random.error().code) == *wanted);
  CHECK(family(in_order.error().code) == *wanted);
}

}  // namespace

TEST_CASE("a whole file passes both readers") {
  FileParts file;
  file.add(std::uint16_t{0}, {}, kSectionSkippable);
  file.add_tensor();
  file.add(std::uint16_t{60000}, {}, kSectionSkippable);
  check_both(file.finish(), std::nullopt);
}

TEST_CASE("a section of type 0 is unknown, wherever it stands") {
  FileParts file;
  file.add(std::uint16_t{0}, write_tensor_end({0, 0, xxh64({}), 0, 0, 0}));
  file.add_tensor();
  check_both(file.finish(), ErrorCode::unsupported);  // R-CONT-15
}

TEST_CASE("a reader of the whole tensor checks its digest") {
  FileParts file;
  file.add_tensor(1);
  check_both(file.finish(), ErrorCode::corrupt);  // R-ARCH-06
}

TEST_CASE("a chunk's number is checked through the index too") {
  FileParts file;
  file.add_tensor(0, 1);
  check_both(file.finish(), ErrorCode::corrupt);  // R-ARCH-04
}

TEST_CASE("needed sections may not be skippable") {
  FileParts file;
  file.add_tensor(0, 0, kSectionSkippable);
  check_both(file.finish(), ErrorCode::corrupt);  // R-CONT-16
}

TEST_CASE("an end mark without an index is corrupt, not cut short") {
  Bytes file = write_file_header(FileKind::data);
  const Bytes end = write_section(SectionType::end, write_end_mark({24, 64}));
  file.insert(file.end(), end.begin(), end.end());
  check_both(file, ErrorCode::corrupt);  // R-ARCH-13
}

TEST_CASE("a file holds at most 65536 models") {
  for (const std::size_t count : {std::size_t{65536}, std::size_t{65537}}) {
    FileParts file;
    for (std::size_t i = 0; i < count; ++i) file.add(SectionType::model_reference, Bytes(32));
    file.add_tensor();
    check_both(file.finish(), count > 65536 ? std::optional(ErrorCode::corrupt) : std::nullopt);  // R-ARCH-22
  }
}

TEST_CASE("metadata stands first") {
  FileParts file;
  file.add_tensor();
  file.add(SectionType::metadata, {}, kSectionSkippable);
  check_both(file.finish(), ErrorCode::corrupt);  // R-ARCH-02
}

TEST_CASE("a profile begins with its one training record") {
  const auto text = [](const std::string& json) {
    return Bytes(reinterpret_cast<const std::byte*>(json.data()),
                 reinterpret_cast<const std::byte*>(json.data() + json.size()));
  };
  const Bytes record = write_section(SectionType::profile, text(R"({"rows": -1e300, "rungs": []})"));
  const Bytes end = write_section(SectionType::end, {});
  const auto parse = [&](std::initializer_list<Bytes> sections) {
    Bytes file = write_file_header(FileKind::profile);
    for (const Bytes& section : sections) file.insert(file.end(), section.begin(), section.end());
    const auto profile = Profile::parse(file);
    REQUIRE_FALSE(profile.has_value());
    return profile.error();
  };
  CHECK(family(parse({record, end}).code) == ErrorCode::corrupt);          // R-PROF-05: no models
  CHECK(family(parse({record, record, end}).code) == ErrorCode::corrupt);  // R-PROF-08
  CHECK(parse({record, record, end}).message.find("first section") != std::string::npos);
  CHECK(parse({end, record}).message.find("first section") != std::string::npos);
  CHECK(parse({record}).code == ErrorCode::need_more_input);  // R-PROF-04
}
