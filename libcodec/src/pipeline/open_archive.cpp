#include "pipeline/open_archive.hpp"
#include "pipeline/loaded_chunk.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "actz/version.hpp"
#include "base/try.hpp"
#include "pipeline/dec_chunk.hpp"
#include "pipeline/header_budget.hpp"
#include "pipeline/provenance.hpp"
#include "pipeline/read_ahead.hpp"
#include "pipeline/summary.hpp"

namespace actz {
namespace {

Error outside(std::uint64_t offset) { return {ErrorCode::corrupt_bounds, offset, "an offset leaves the file"}; }

}  // namespace

Result<Section> read_section(const ByteSource& source, std::uint64_t offset, std::uint64_t section_bytes,
                             const DecodeLimits& limits) {
  const std::uint64_t size = source.size_bytes();
  if (section_bytes < kSectionHeaderBytes || offset > size || section_bytes > size - offset) return outside(offset);
  if (section_bytes - kSectionHeaderBytes > limits.max_section_bytes) {
    return Error{ErrorCode::limit_exceeded, offset, "a section is larger than the reader's limit"};  // R-LIMIT-03
  }
  std::vector<std::byte> bytes(static_cast<std::size_t>(section_bytes));
  ACTZ_CHECK(source.read_at(offset, bytes));
  Section out;
  ACTZ_TRY(out.header, read_section_header(bytes, offset));
  if (out.header.payload_bytes != section_bytes - kSectionHeaderBytes) {  // R-INDX-03
    return Error{ErrorCode::corrupt_bounds, offset, "a section has another length than the index says"};
  }
  out.content_offset_bytes = offset + kSectionHeaderBytes;
  out.payload.assign(bytes.begin() + kSectionHeaderBytes, bytes.end());
  ACTZ_CHECK(check_payload(out.header, out.payload, out.content_offset_bytes));
  const bool may_be_skippable =
      out.header.type == static_cast<std::uint16_t>(SectionType::metadata) || !is_known_in_data_file(out.header.type);
  if ((out.header.flags & kSectionSkippable) != 0 && !may_be_skippable) {  // R-CONT-16
    return Error{ErrorCode::corrupt, offset, "a needed section is marked skippable"};
  }
  return out;
}

namespace {

/// The index, found through the end mark.
Result<std::vector<IndexEntry>> load_index(const ByteSource& source, const DecodeLimits& limits) {
  constexpr std::uint64_t kEndBytes = kSectionHeaderBytes + EndMark::kPayloadBytes;
  const std::uint64_t size = source.size_bytes();
  const Error truncated{ErrorCode::need_more_input, size,
                        "the file has no end mark: it was cut short or is still being written"};
  if (size < kFileHeaderBytes + kEndBytes) return truncated;
  std::array<std::byte, kSectionHeaderBytes> bytes{};
  ACTZ_CHECK(source.read_at(size - kEndBytes, bytes));
  const auto header = read_section_header(bytes, size - kEndBytes);
  const bool is_section =
      header || header.error().code == ErrorCode::unsupported;  // whole, but with flags unknown here
  if (!is_section || (header && header->type != static_cast<std::uint16_t>(SectionType::end)))
    return truncated;  // R-CONT-10
  ACTZ_TRY(const auto end, read_section(source, size - kEndBytes, kEndBytes, limits));
  ACTZ_TRY(const auto mark, read_end_mark(end.payload, end.content_offset_bytes));
  if (mark.file_bytes != size || mark.index_offset_bytes < kFileHeaderBytes ||
      mark.index_offset_bytes > size - kEndBytes) {
    return Error{ErrorCode::corrupt, size - kEndBytes, "the end mark does not fit the file"};  // R-ARCH-13
  }
  const std::uint64_t index_bytes = size - kEndBytes - mark.index_offset_bytes;
  ACTZ_TRY(const auto section, read_section(source, mark.index_offset_bytes, index_bytes, limits));
  if (section.header.type != static_cast<std::uint16_t>(SectionType::index)) {
    return Error{ErrorCode::corrupt, mark.index_offset_bytes, "the end mark does not point to an index"};  // R-ARCH-13
  }
  ACTZ_TRY(auto entries, read_index(section.payload, section.content_offset_bytes));
  std::uint64_t next = kFileHeaderBytes;
  for (const IndexEntry& entry : entries) {  // R-INDX-04: no holes, no overlap
    if (entry.offset_bytes != next || entry.section_bytes < kSectionHeaderBytes ||
        entry.section_bytes > mark.index_offset_bytes - next) {
      return Error{ErrorCode::corrupt_bounds, section.content_offset_bytes, "the index leaves holes or overlaps"};
    }
    next += entry.section_bytes;
  }
  if (next != mark.index_offset_bytes) return outside(section.content_offset_bytes);
  return entries;
}

/// Reads the sections that describe the file, chunks excepted.
class IndexWalk {
 public:
  IndexWalk(OpenArchive& file, const ByteSource& source)
      : file_(file), source_(source), header_budget_(file.options.limits) {}

  Status visit(const IndexEntry& entry) {
    const auto type = static_cast<SectionType>(entry.type);
    const bool first = !std::exchange(any_, true);
    const bool of_tensor = type == SectionType::tensor || type == SectionType::chunk || type == SectionType::tensor_end;
    const bool has_strands = entry.first_strand != 0 || entry.strand_count != 0;
    if ((!of_tensor && entry.tensor_index != 0) || (type != SectionType::chunk && has_strands)) {  // R-INDX-05
      return unfit(entry);
    }
    if (!is_known_in_data_file(entry.type)) return unknown(entry);
    if (type == SectionType::index || type == SectionType::end) return misplaced(entry);  // R-ARCH-11
    const bool inside_tensor = type == SectionType::chunk || type == SectionType::tensor_end;
    if (inside_tensor != open_) return misplaced(entry);  // R-ARCH-01
    if (type == SectionType::chunk) return chunk(entry);
    if (type == SectionType::metadata && !first) return misplaced(entry);  // R-ARCH-02
    if (is_header(entry.type))
      ACTZ_CHECK(header_budget_.take(entry.section_bytes - kSectionHeaderBytes, entry.offset_bytes));
    if (type == SectionType::tensor_end) look_at_last_chunk();
    ACTZ_TRY(auto section, read_section(source_, entry.offset_bytes, entry.section_bytes, file_.options.limits));
    if (section.header.type != entry.type) return misplaced(entry);  // R-INDX-05
    switch (type) {
      case SectionType::metadata:
        file_.summary.metadata.assign(reinterpret_cast<const char*>(section.payload.data()), section.payload.size());
        return {};
      case SectionType::model:
        pending_model_bytes_ += entry.section_bytes;
        return file_.models.add_embedded(std::move(section.payload), section.content_offset_bytes);
      case SectionType::dictionary:
        pending_model_bytes_ += entry.section_bytes;
        file_.models.add_dictionary(std::move(section.payload), section.content_offset_bytes);
        return {};
      case SectionType::model_reference:
        return file_.models.add_reference(section.payload, section.content_offset_bytes);
      case SectionType::tensor: return tensor_begins(section, entry);
      default: return tensor_ends(section, entry);
    }
  }

  bool complete_file() const { return !open_; }

  /// The codec of each tensor stands in its first chunk and that chunk's model, its sources in the last.
  Status describe_tensors() {
    for (std::size_t i = 0; i < file_.tensors.size(); ++i) {
      if (!ends_[i].first) continue;
      ACTZ_TRY(const auto header, *ends_[i].first);
      const auto model = file_.models.prepare(header.model_index, file_.tensors[i].chunks.front().offset_bytes);
      file_.summary.tensors[i].codec = codec_word(header, model ? model->get() : nullptr);
      const auto& last = *ends_[i].last;
      if (last) file_.summary.tensors[i].source_chunks = last->source_count;  // a broken one is refused when it is read
    }
    return {};
  }

 private:
  static Error misplaced(const IndexEntry& entry) {
    return {ErrorCode::corrupt, entry.offset_bytes, "a section stands in the wrong place"};
  }
  static Error unfit(const IndexEntry& entry) {
    return {ErrorCode::corrupt, entry.offset_bytes, "the index does not fit the tensors"};
  }

  Status unknown(const IndexEntry& entry) const {
    std::array<std::byte, kSectionHeaderBytes> bytes{};
    ACTZ_CHECK(source_.read_at(entry.offset_bytes, bytes));
    ACTZ_TRY(const auto header, read_section_header(bytes, entry.offset_bytes));
    if (header.type != entry.type) return misplaced(entry);                                      // R-INDX-05
    if (header.payload_bytes != entry.section_bytes - kSectionHeaderBytes) return unfit(entry);  // R-INDX-03
    if ((header.flags & kSectionSkippable) != 0) return {};
    return Error{ErrorCode::unsupported, entry.offset_bytes, "a section of unknown type"};  // R-CONT-15
  }

  Status tensor_begins(const Section& section, const IndexEntry& entry) {
    if (file_.tensors.size() >= file_.options.limits.max_tensors) {
      return Error{ErrorCode::limit_exceeded, entry.offset_bytes,
                   "more tensors than the reader's limit"};  // R-LIMIT-04
    }
    ACTZ_TRY(auto header, read_tensor_header(section.payload, section.content_offset_bytes, file_.options.limits));
    if (entry.tensor_index != file_.tensors.size()) return unfit(entry);  // R-INDX-05
    if (!names_.insert(header.name).second) {
      return Error{ErrorCode::corrupt, entry.offset_bytes, "two tensors have the same name"};  // R-ARCH-03
    }
    file_.summary.tensors.push_back(summarise(header, file_.summary.tensors));
    file_.summary.tensors.back().model_bytes = pending_model_bytes_;
    file_.summary.tensors.back().coded_bytes = entry.section_bytes;
    pending_model_bytes_ = 0;
    unsigned depth = 0;
    if (header.reference != kNoReference) {
      if (header.reference >= file_.tensors.size()) {  // R-ARCH-30
        return Error{ErrorCode::corrupt, entry.offset_bytes, "a tensor refers to one that does not stand before it"};
      }
      const OpenArchive::OpenTensor& reference = file_.tensors[header.reference];
      ACTZ_CHECK(check_reference_tensor(header, reference.header, reference.reference_depth, entry.offset_bytes));
      depth = reference.reference_depth + 1;
    }
    OpenArchive::OpenTensor opened;
    opened.header = std::move(header);
    opened.reference_depth = depth;
    file_.tensors.push_back(std::move(opened));
    ends_.emplace_back();
    next_strand_ = 0;
    open_ = true;
    return {};
  }

  Status chunk(const IndexEntry& entry) {
    const TensorHeader& tensor = file_.tensors.back().header;
    const std::uint64_t left = tensor.strand_count() - next_strand_;
    if (entry.tensor_index + std::size_t{1} != file_.tensors.size() || entry.first_strand != next_strand_ ||
        entry.strand_count == 0 || entry.strand_count > left) {  // R-ARCH-04
      return unfit(entry);
    }
    next_strand_ += entry.strand_count;
    file_.tensors.back().chunks.push_back(entry);
    if (!ends_.back().first) ends_.back().first = read_chunk_header_at(source_, entry);
    TensorSummary& summary = file_.summary.tensors.back();
    ++summary.chunks;
    summary.coded_bytes += entry.section_bytes;
    return {};
  }

  /// Before what follows it is read, as sources like it.
  void look_at_last_chunk() {
    const std::vector<IndexEntry>& chunks = file_.tensors.back().chunks;
    if (chunks.empty()) return;
    ends_.back().last = chunks.size() == 1 ? ends_.back().first : read_chunk_header_at(source_, chunks.back());
  }

  Status tensor_ends(const Section& section, const IndexEntry& entry) {
    ACTZ_TRY(const auto end, read_tensor_end(section.payload, section.content_offset_bytes));
    TensorSummary& summary = file_.summary.tensors.back();
    if (entry.tensor_index != end.tensor_index || end.tensor_index + std::size_t{1} != file_.tensors.size() ||
        end.chunk_count != summary.chunks || next_strand_ != file_.tensors.back().header.strand_count()) {  // R-ARCH-05
      return unfit(entry);
    }
    complete(summary, end, entry.section_bytes);
    file_.tensors.back().digest = end.digest;
    open_ = false;
    return {};
  }

  /// Headers of the first and the last chunk of a tensor that has any. What is wrong with them is said last of all.
  struct EndChunks {
    std::optional<Result<ChunkHeader>> first;
    std::optional<Result<ChunkHeader>> last;
  };

  OpenArchive& file_;
  const ByteSource& source_;
  std::vector<EndChunks> ends_;
  HeaderBudget header_budget_;
  std::set<std::string> names_;
  bool any_ = false;   ///< an entry was visited
  bool open_ = false;  ///< inside a tensor
  std::uint64_t next_strand_ = 0;
  std::uint64_t pending_model_bytes_ = 0;
};

}  // namespace

Result<ChunkHeader> read_chunk_header_at(const ByteSource& source, const IndexEntry& entry) {
  std::array<std::byte, kSectionHeaderBytes + ChunkHeader::kBytes> bytes{};
  if (entry.section_bytes < bytes.size()) return outside(entry.offset_bytes);
  ACTZ_CHECK(source.read_at(entry.offset_bytes, bytes));
  return read_chunk_header(std::span(bytes).subspan(kSectionHeaderBytes), entry.offset_bytes);
}

Result<OpenArchive> open_archive(const ByteSource& source, const DecodeOptions& options) {
  OpenArchive file;
  file.source = &source;
  file.options = options;
  file.models = ModelSet(options);
  ReadAhead reads(source);
  std::vector<std::byte> bytes(
      static_cast<std::size_t>(std::min<std::uint64_t>(source.size_bytes(), kFileHeaderBytes)));
  ACTZ_CHECK(reads.read_at(0, bytes));
  ACTZ_TRY(const auto header, read_file_header(bytes));
  if (header.kind != FileKind::data) {
    return Error{ErrorCode::bad_argument, Error::kNoOffset, "this is a profile, not a data file"};  // R-CONT-07
  }
  file.summary.format_major = kFormatMajor;
  file.summary.format_minor = header.minor;
  reads.load_end();
  ACTZ_TRY(file.index, load_index(reads, options.limits));
  file.index_offset_bytes = kFileHeaderBytes;
  IndexWalk walk(file, reads);
  for (const IndexEntry& entry : file.index) {
    ACTZ_CHECK(walk.visit(entry));
    file.index_offset_bytes += entry.section_bytes;
  }
  if (!walk.complete_file()) {
    return Error{ErrorCode::corrupt, source.size_bytes(), "the last tensor has no end"};  // R-ARCH-05
  }
  ACTZ_CHECK(check_provenance(file.summary, options.required));
  ACTZ_CHECK(walk.describe_tensors());
  file.summary.required_models = file.models.missing();
  return file;
}

}  // namespace actz
