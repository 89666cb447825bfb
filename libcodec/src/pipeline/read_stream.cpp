#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "actz/archive.hpp"
#include "actz/version.hpp"
#include "base/byte_writer.hpp"
#include "base/try.hpp"
#include "container/fields.hpp"
#include "container/section.hpp"
#include "pipeline/header_budget.hpp"
#include "pipeline/loaded_chunk.hpp"
#include "pipeline/model_set.hpp"
#include "pipeline/ordered_tasks.hpp"
#include "pipeline/source_chunks.hpp"
#include "pipeline/summary.hpp"
#include "profile/profile_content.hpp"

namespace actz {
namespace {

constexpr std::size_t kReadPieceBytes = 1u << 20;

struct DecodedChunk {
  std::vector<std::byte> elements;
  std::uint64_t digest = 0;
};

/// Walks the sections of a data file in order and holds them to the rules of format_spec/02_container.md.
class StreamReader {
 public:
  StreamReader(ByteStream& stream, const StreamVisitor& visitor, const DecodeOptions& options)
      : stream_(stream),
        visitor_(visitor),
        options_(options),
        models_(options),
        header_budget_(options.limits),
        tasks_(
            options.threads, [this](DecodedChunk&& chunk) { return hand_on(chunk); }, options.limits.max_chunk_bytes) {}

  Result<ArchiveSummary> run() {
    ACTZ_TRY(const auto bytes, read_exactly(kFileHeaderBytes));
    ACTZ_TRY(const auto header, read_file_header(bytes));
    if (header.kind != FileKind::data) {
      return Error{ErrorCode::bad_argument, Error::kNoOffset, "this is a profile, not a data file"};  // R-CONT-07
    }
    summary_.format_major = kFormatMajor;
    summary_.format_minor = header.minor;
    while (!ended_) ACTZ_CHECK(next_section());
    std::byte extra{};
    ACTZ_TRY(const auto more, stream_.read(std::span(&extra, 1)));
    if (more != 0) return Error{ErrorCode::corrupt, offset_bytes_, "bytes follow the end of the file"};  // R-ARCH-12
    summary_.required_models = models_.missing();
    return std::move(summary_);
  }

 private:
  /// Grows with what arrives, so that a length field alone cannot take memory.
  Result<std::vector<std::byte>> read_exactly(std::uint64_t count_bytes) {
    std::vector<std::byte> out;
    while (out.size() < count_bytes) {
      const std::size_t have = out.size();
      out.resize(have + static_cast<std::size_t>(std::min<std::uint64_t>(count_bytes - have, kReadPieceBytes)));
      ACTZ_TRY(const auto got, stream_.read(std::span(out).subspan(have)));
      offset_bytes_ += got;
      if (have + got < out.size()) {
        out.resize(have + got);
        break;
      }
    }
    return out;
  }

  Status next_section() {
    const std::uint64_t start = offset_bytes_;
    ACTZ_TRY(const auto header_bytes, read_exactly(kSectionHeaderBytes));
    ACTZ_TRY(const auto header, read_section_header(header_bytes, start));
    if (header.payload_bytes > options_.limits.max_section_bytes) {
      return Error{ErrorCode::limit_exceeded, start, "a section is larger than the reader's limit"};  // R-LIMIT-03
    }
    if (is_header(header.type)) ACTZ_CHECK(header_budget_.take(header.payload_bytes, start));
    ACTZ_TRY(auto payload, read_exactly(header.payload_bytes));
    if (payload.size() < header.payload_bytes) {
      return Error{ErrorCode::need_more_input, offset_bytes_, "the file ends inside a section"};  // R-CONT-17
    }
    ACTZ_CHECK(check_payload(header, payload, start + kSectionHeaderBytes));
    entry_ = IndexEntry{header.type, 0, start, kSectionHeaderBytes + header.payload_bytes, 0, 0};
    ACTZ_CHECK(section(header, std::move(payload)));
    if (header.type != static_cast<std::uint16_t>(SectionType::index)) seen_.push_back(entry_);
    return {};
  }

  Status section(const SectionHeader& header, std::vector<std::byte> payload) {
    const auto type = static_cast<SectionType>(header.type);
    const bool known = is_known_in_data_file(header.type);
    const bool skippable = (header.flags & kSectionSkippable) != 0;
    if (index_offset_bytes_ && type != SectionType::end) return misplaced("a section follows the index");  // R-ARCH-11
    if (!known) {
      if (!skippable) return broken(ErrorCode::unsupported, "a section of unknown type");  // R-CONT-15
      return {};
    }
    if (skippable && type != SectionType::metadata)
      return misplaced("a needed section is marked skippable");  // R-CONT-16
    const bool inside_tensor = type == SectionType::chunk || type == SectionType::tensor_end;
    if (inside_tensor != (tensor_ != nullptr)) return misplaced("a section stands in the wrong place");  // R-ARCH-01
    switch (type) {
      case SectionType::metadata: return metadata(payload);
      case SectionType::model:
        pending_model_bytes_ += entry_.section_bytes;
        return models_.add_embedded(std::move(payload), content_offset());
      case SectionType::dictionary:
        pending_model_bytes_ += entry_.section_bytes;
        models_.add_dictionary(std::move(payload), content_offset());
        return {};
      case SectionType::model_reference: return models_.add_reference(payload, content_offset());
      case SectionType::tensor: return tensor_begins(payload);
      case SectionType::chunk: return chunk(std::move(payload));
      case SectionType::tensor_end: return tensor_ends(payload);
      case SectionType::index: return index(payload);
      default: return end(payload);
    }
  }

  std::uint64_t content_offset() const { return entry_.offset_bytes + kSectionHeaderBytes; }
  Error broken(ErrorCode code, const char* message) const { return {code, entry_.offset_bytes, message}; }
  Error misplaced(const char* message) const { return broken(ErrorCode::corrupt, message); }

  Status metadata(std::span<const std::byte> payload) {
    if (!seen_.empty()) return misplaced("metadata stands after other sections");  // R-ARCH-02
    summary_.metadata.assign(reinterpret_cast<const char*>(payload.data()), payload.size());
    return {};
  }

  Status tensor_begins(std::span<const std::byte> payload) {
    ACTZ_TRY(auto header, read_tensor_header(payload, content_offset(), options_.limits));
    tensor_ = std::make_shared<const TensorHeader>(std::move(header));
    if (!names_.insert(tensor_->name).second) return misplaced("two tensors have the same name");  // R-ARCH-03
    if (summary_.tensors.size() >= options_.limits.max_tensors) {
      return broken(ErrorCode::limit_exceeded, "more tensors than the reader's limit");  // R-LIMIT-04
    }
    entry_.tensor_index = static_cast<std::uint32_t>(summary_.tensors.size());
    Kept kept{tensor_, 0, {}};
    if (tensor_->reference != kNoReference) {
      if (tensor_->reference >= kept_.size())
        return misplaced("a tensor refers to one that does not stand before it");  // R-ARCH-30
      const Kept& reference = kept_[tensor_->reference];
      ACTZ_CHECK(check_reference_tensor(*tensor_, *reference.tensor, reference.depth, content_offset()));
      kept.depth = reference.depth + 1;
    }
    kept_.push_back(std::move(kept));
    summary_.tensors.push_back(summarise(*tensor_, summary_.tensors));
    summary().model_bytes = pending_model_bytes_;
    summary().coded_bytes = entry_.section_bytes;
    pending_model_bytes_ = 0;
    next_strand_ = 0;
    done_elems_ = 0;
    digests_ = ByteWriter();
    wanted_ = true;
    if (visitor_.on_tensor) {
      ACTZ_TRY(wanted_, visitor_.on_tensor(summary()));
    }
    return wanted_ ? check_provenance(summary_.metadata, tensor_->name, options_.required) : Status{};
  }

  Status chunk(std::vector<std::byte> payload) {
    ACTZ_TRY(const auto header, read_chunk_header(payload, content_offset()));
    const std::uint32_t number = static_cast<std::uint32_t>(summary_.tensors.size()) - 1;
    if (header.tensor_index != number || header.chunk_index != summary().chunks ||
        header.first_strand != next_strand_) {
      return misplaced("a chunk is out of order");  // R-ARCH-04
    }
    ACTZ_CHECK(check_chunk_range(header, *tensor_, options_.limits, content_offset()));
    next_strand_ += header.strand_count;
    entry_.tensor_index = number;
    entry_.first_strand = header.first_strand;
    entry_.strand_count = header.strand_count;
    summary().coded_bytes += entry_.section_bytes;
    LoadedChunk loaded;
    loaded.header = header;
    loaded.tensor = tensor_;
    loaded.file_offset_bytes = content_offset();
    const bool needed = wanted_ || tensor_->is_referenced || header.is_source;
    std::optional<Error> missing;
    if (header.coding != ChunkCoding::raw && (needed || summary().chunks == 0)) {
      auto prepared = models_.prepare(header.model_index, content_offset());
      if (prepared) loaded.model = *prepared;
      else missing = prepared.error();
    }
    if (summary().chunks++ == 0) summary().codec = codec_word(header, loaded.model.get());
    summary().source_chunks = header.source_count;
    digests_.u64(header.digest);
    if (!needed) return {};
    loaded.payload = std::make_shared<const std::vector<std::byte>>(std::move(payload));
    if (loaded.model != nullptr && loaded.model->model.reference.channels > 0 && tensor_->reference != kNoReference) {
      if (const auto status = add_reference_chunks(loaded); !status) missing = status.error();
    }
    if (missing && (wanted_ || missing->code != ErrorCode::unsupported)) return *missing;  // R-ARCH-21
    if (!missing) {
      ACTZ_CHECK(check_may_have_sources(loaded));
      if (const auto status = sources_.resolve(loaded, [this](const ChunkName& name) { return find_source(name); });
          !status) {
        if (wanted_ || status.error().code != ErrorCode::unsupported) return status.error();
        missing = status.error();
      }
    }
    const auto shared = std::make_shared<const LoadedChunk>(std::move(loaded));
    if (header.is_source) keep_source(*shared, missing);
    if (tensor_->is_referenced) kept_.back().chunks.push_back({shared, missing});
    if (!wanted_) return {};
    const auto decode = [shared]() -> Result<DecodedChunk> {
      ACTZ_TRY(auto elements, decode_loaded(*shared));
      return DecodedChunk{std::move(elements), shared->header.digest};
    };
    const std::uint64_t rows = shared->end_row() - shared->first_row();
    return tasks_.add(decode, rows * tensor_->channels * element_bytes(tensor_->dtype));
  }

  void keep_source(LoadedChunk chunk, const std::optional<Error>& missing) {
    const ChunkName name = chunk.name();
    chunk.stored = nullptr;  // decoded again, with its own sources, when another chunk needs it
    sources_kept_[name] = {std::make_shared<const LoadedChunk>(std::move(chunk)), missing};
  }

  Result<LoadedChunk> find_source(const ChunkName& name) const {
    const auto found = sources_kept_.find(name);
    if (found == sources_kept_.end()) {  // R-SRCE-03
      return misplaced("a chunk names one that is no source, or does not stand before it");
    }
    if (found->second.missing) return *found->second.missing;
    return *found->second.chunk;
  }

  /// Of the chunks that were kept, those that hold the same rows.
  Status add_reference_chunks(LoadedChunk& loaded) {
    for (const auto& [kept, missing] : kept_[tensor_->reference].chunks) {
      if (kept->end_row() <= loaded.first_row() || kept->first_row() >= loaded.end_row()) continue;
      if (missing) return *missing;
      loaded.reference.push_back(kept);
    }
    return check_reference_work(loaded);
  }

  Status hand_on(const DecodedChunk& chunk) {
    done_elems_ += chunk.elements.size() / element_bytes(tensor_->dtype);
    if (options_.progress != nullptr) options_.progress(options_.progress_context, done_elems_, summary().values);
    return visitor_.on_elements ? visitor_.on_elements(chunk.elements) : Status{};
  }

  Status tensor_ends(std::span<const std::byte> payload) {
    ACTZ_CHECK(tasks_.finish());
    ACTZ_TRY(const auto end, read_tensor_end(payload, content_offset()));
    const std::uint32_t number = static_cast<std::uint32_t>(summary_.tensors.size()) - 1;
    if (end.tensor_index != number || end.chunk_count != summary().chunks || next_strand_ != tensor_->strand_count()) {
      return misplaced("a tensor ends before all its rows");  // R-ARCH-05
    }
    if (end.digest != xxh64(digests_.data())) {  // R-ARCH-06
      return broken(ErrorCode::corrupt_checksum, "the tensor does not match its digest");
    }
    entry_.tensor_index = number;
    complete(summary(), end, entry_.section_bytes);
    tensor_.reset();
    return wanted_ && visitor_.on_tensor_end ? visitor_.on_tensor_end(summary()) : Status{};
  }

  Status index(std::span<const std::byte> payload) {
    ACTZ_TRY(const auto entries, read_index(payload, content_offset()));
    if (!std::equal(entries.begin(), entries.end(), seen_.begin(), seen_.end())) {  // R-ARCH-10
      return misplaced("the index does not list the sections of the file");
    }
    index_offset_bytes_ = entry_.offset_bytes;
    return {};
  }

  Status end(std::span<const std::byte> payload) {
    ACTZ_TRY(const auto mark, read_end_mark(payload, content_offset()));
    if (!index_offset_bytes_ || mark.index_offset_bytes != *index_offset_bytes_ || mark.file_bytes != offset_bytes_) {
      return misplaced("the end mark does not fit the file");  // R-ARCH-13
    }
    ended_ = true;
    return {};
  }

  TensorSummary& summary() { return summary_.tensors.back(); }

  ByteStream& stream_;
  const StreamVisitor& visitor_;
  const DecodeOptions& options_;
  ModelSet models_;
  ArchiveSummary summary_;
  std::uint64_t offset_bytes_ = 0;
  std::vector<IndexEntry> seen_;
  IndexEntry entry_;  ///< of the section at hand
  std::set<std::string> names_;
  std::shared_ptr<const TensorHeader> tensor_;  ///< being read
  struct KeptChunk {
    std::shared_ptr<const LoadedChunk> chunk;
    std::optional<Error> missing;  ///< why it cannot be decoded, which matters only where it is needed
  };
  /// A tensor that came by: its chunks, as coded, if later ones refer to it.
  struct Kept {
    std::shared_ptr<const TensorHeader> tensor;
    unsigned depth = 0;
    std::vector<KeptChunk> chunks;
  };
  std::vector<Kept> kept_;
  std::map<ChunkName, KeptChunk> sources_kept_;
  SourceChunks sources_;
  bool wanted_ = true;
  std::uint64_t next_strand_ = 0;
  std::uint64_t done_elems_ = 0;
  std::uint64_t pending_model_bytes_ = 0;
  ByteWriter digests_;
  HeaderBudget header_budget_;
  std::optional<std::uint64_t> index_offset_bytes_;
  bool ended_ = false;
  OrderedTasks<DecodedChunk> tasks_;  // last: waits for its threads before what they use goes away
};

}  // namespace

Result<ArchiveSummary> read_stream(ByteStream& stream, const StreamVisitor& visitor, const DecodeOptions& options) {
  return StreamReader(stream, visitor, options).run();
}

}  // namespace actz
