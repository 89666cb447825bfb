#include "pipeline/file_writer.hpp"

#include <limits>

#include "base/checksum.hpp"
#include "base/try.hpp"

namespace actz {

FileWriter::FileWriter(ByteSink& sink, const OpenArchive& file)
    : sink_(sink), offset_bytes_(file.index_offset_bytes), index_(file.index) {
  // Of models that stand in the file several times, the first.
  for (std::size_t i = 0; i < file.models.size(); ++i) {
    models_.emplace(file.models.digest(i), static_cast<std::uint16_t>(i));
  }
  model_count_ = file.models.size();
  for (const Sha256& digest : file.models.dictionary_digests()) dictionaries_.insert(digest);
}

Status FileWriter::write(std::span<const std::byte> bytes) {
  ACTZ_CHECK(sink_.write(bytes));
  offset_bytes_ += bytes.size();
  return {};
}

Status FileWriter::start() { return offset_bytes_ == 0 ? write(write_file_header(FileKind::data)) : Status{}; }

Status FileWriter::section(SectionType type, std::span<const std::byte> payload, const IndexEntry& place,
                           std::uint16_t flags) {
  const std::vector<std::byte> header = write_section_header(type, payload, flags);
  IndexEntry entry = place;
  entry.type = static_cast<std::uint16_t>(type);
  entry.offset_bytes = offset_bytes_;
  entry.section_bytes = header.size() + payload.size();
  index_.push_back(entry);
  ACTZ_CHECK(write(header));
  return write(payload);
}

Result<std::uint16_t> FileWriter::add_model(const ModelChoice& choice) {
  const Sha256 digest = sha256(choice.model_bytes);
  if (const auto found = models_.find(digest); found != models_.end()) return found->second;
  if (model_count_ > std::numeric_limits<std::uint16_t>::max()) {
    return Error{ErrorCode::bad_argument, Error::kNoOffset, "a file holds at most 65536 models"};
  }
  const auto number = static_cast<std::uint16_t>(model_count_++);
  if (choice.embed) {
    if (choice.dictionary != nullptr && dictionaries_.insert(choice.dictionary->digest()).second) {
      ACTZ_CHECK(section(SectionType::dictionary, choice.dictionary->payload()));
    }
    ACTZ_CHECK(section(SectionType::model, choice.model_bytes));
  } else {
    ACTZ_CHECK(section(SectionType::model_reference, digest));
  }
  models_.emplace(digest, number);
  return number;
}

Status FileWriter::finish() {
  const std::uint64_t index_offset = offset_bytes_;
  ACTZ_CHECK(write(write_section(SectionType::index, write_index(index_))));
  const std::uint64_t file_bytes = offset_bytes_ + kSectionHeaderBytes + EndMark::kPayloadBytes;
  return write(write_section(SectionType::end, write_end_mark({index_offset, file_bytes})));
}

}  // namespace actz
