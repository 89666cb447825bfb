#include "recover/damaged_archive.hpp"

#include <algorithm>

#include "base/try.hpp"
#include "pipeline/dec_chunk.hpp"

namespace actz {
namespace {

constexpr std::size_t kMaxCandidates = 16;  ///< models tried for a chunk

Error lost(std::uint64_t offset, const char* message) { return {ErrorCode::corrupt, offset, message}; }

}  // namespace

Result<DamagedArchive> DamagedArchive::open(const ByteSource& source, const DecodeOptions& options) {
  DamagedArchive out(source, options);
  ACTZ_TRY(const auto parts, scan_sections(source, options.limits));
  const std::uint64_t first_byte = parts.empty() ? source.size_bytes() : parts.front().offset_bytes;
  std::vector<std::byte> header(static_cast<std::size_t>(std::min<std::uint64_t>(first_byte, kFileHeaderBytes)));
  ACTZ_CHECK(source.read_at(0, header));
  if (!read_file_header(header)) out.damaged_bytes_ += first_byte;
  for (const ScannedPart& part : parts) ACTZ_CHECK(out.take(part));
  return out;
}

Status DamagedArchive::take(const ScannedPart& part) {
  if (part.kind == ScannedPart::Kind::section) return take_section(part);
  damaged_bytes_ += part.size_bytes;
  const auto type = static_cast<SectionType>(part.header.type);
  if (part.kind == ScannedPart::Kind::gap) {
    tensor_number_.reset();
    model_number_.reset();
    unnumbered_.reset();
  } else if (type == SectionType::tensor) {
    if (tensor_number_) ++*tensor_number_;
    unnumbered_.reset();
  } else if ((type == SectionType::model || type == SectionType::model_reference) && model_number_) {
    ++*model_number_;
  }
  return {};
}

Status DamagedArchive::take_section(const ScannedPart& part) {
  const auto type = static_cast<SectionType>(part.header.type);
  const std::uint64_t content_offset = part.offset_bytes + kSectionHeaderBytes;
  ACTZ_TRY(auto payload, payload_of(part));
  switch (type) {
    case SectionType::metadata:
      if (!metadata_) metadata_ = std::move(payload);
      return {};
    case SectionType::model:
    case SectionType::model_reference: {
      if (model_number_) model_numbers_.try_emplace(static_cast<std::uint16_t>((*model_number_)++), models_.size());
      else unnumbered_models_.insert(models_.size());
      const Status added = type == SectionType::model ? model_set_.add_embedded(std::move(payload), content_offset)
                                                      : model_set_.add_reference(payload, content_offset);
      ACTZ_CHECK(added);
      models_.push_back({part, model_set_.digest(models_.size())});
      return {};
    }
    case SectionType::dictionary:
      dictionaries_.emplace_back(sha256(payload), part);
      model_set_.add_dictionary(std::move(payload), content_offset);
      return {};
    case SectionType::tensor: take_tensor(payload, content_offset); return {};
    case SectionType::chunk: take_chunk(part, payload); return {};
    case SectionType::tensor_end: take_tensor_end(payload, content_offset); return {};
    case SectionType::end: end_found_ = part.offset_bytes + part.size_bytes == source_->size_bytes(); return {};
    default: return {};
  }
}

void DamagedArchive::take_tensor(const std::vector<std::byte>& payload, std::uint64_t offset_bytes) {
  auto header = read_tensor_header(payload, offset_bytes, options_.limits);
  unnumbered_ = header ? std::make_shared<const TensorHeader>(std::move(*header)) : nullptr;
  if (tensor_number_) belongs_to(*tensor_number_);
}

void DamagedArchive::take_chunk(const ScannedPart& part, const std::vector<std::byte>& payload) {
  const auto header = read_chunk_header(payload, part.offset_bytes);
  if (!header) return;
  belongs_to(header->tensor_index);
  const auto tensor = tensors_.find(header->tensor_index);
  if (tensor == tensors_.end()) ++chunks_without_tensor_;
  else tensor->second.chunks.try_emplace(header->chunk_index, Chunk{part, *header});
}

void DamagedArchive::take_tensor_end(const std::vector<std::byte>& payload, std::uint64_t offset_bytes) {
  const auto end = read_tensor_end(payload, offset_bytes);
  if (!end) return;
  belongs_to(end->tensor_index);
  if (const auto tensor = tensors_.find(end->tensor_index); tensor != tensors_.end()) tensor->second.end = *end;
}

/// The section at hand is of the tensor of this number; with no gap between, so is the TENSOR section before it.
void DamagedArchive::belongs_to(std::uint32_t tensor_index) {
  if (unnumbered_ != nullptr) tensors_.try_emplace(tensor_index, Tensor{std::move(unnumbered_), {}, {}});
  unnumbered_ = nullptr;
  tensor_number_ = tensor_index + 1;
}

const ScannedPart* DamagedArchive::dictionary(const Sha256& digest) const {
  for (const auto& [own, section] : dictionaries_) {
    if (own == digest) return &section;
  }
  return nullptr;
}

Result<std::vector<std::byte>> DamagedArchive::payload_of(const ScannedPart& section) const {
  std::vector<std::byte> out(static_cast<std::size_t>(section.header.payload_bytes));
  ACTZ_CHECK(source_->read_at(section.offset_bytes + kSectionHeaderBytes, out));
  return out;
}

std::optional<std::size_t> DamagedArchive::model_of(std::uint16_t model_index) const {
  const auto found = model_numbers_.find(model_index);
  return found == model_numbers_.end() ? std::nullopt : std::optional(found->second);
}

/// The chunk as it stands, without model, reference and sources.
Result<LoadedChunk> DamagedArchive::load_alone(const ChunkName& name) {
  const auto tensor = tensors_.find(name.tensor_index);
  if (tensor == tensors_.end()) return lost(Error::kNoOffset, "the header of a tensor that is needed is lost");
  const auto chunk = tensor->second.chunks.find(name.chunk_index);
  if (chunk == tensor->second.chunks.end()) return lost(Error::kNoOffset, "a chunk that is needed is lost");
  LoadedChunk out;
  out.file_offset_bytes = chunk->second.section.offset_bytes + kSectionHeaderBytes;
  ACTZ_TRY(auto payload, payload_of(chunk->second.section));
  out.payload = std::make_shared<const std::vector<std::byte>>(std::move(payload));
  out.header = chunk->second.header;
  out.tensor = tensor->second.header;
  ACTZ_CHECK(check_chunk_range(out.header, *out.tensor, options_.limits, out.file_offset_bytes));
  return out;
}

Status DamagedArchive::check_reference(const TensorHeader& tensor) const {
  unsigned depth = 0;
  const TensorHeader* first = nullptr;
  for (const TensorHeader* at = &tensor; at->reference != kNoReference && depth <= kMaxReferenceDepth + 1; ++depth) {
    const auto found = tensors_.find(at->reference);
    if (found == tensors_.end()) {
      if (first == nullptr) return lost(Error::kNoOffset, "the reference of a tensor is lost");
      break;
    }
    at = found->second.header.get();
    if (first == nullptr) first = at;
  }
  return first == nullptr ? Status{} : check_reference_tensor(tensor, *first, depth - 1, Error::kNoOffset);
}

/// Those of the tensor's reference that hold the rows of a chunk.
Status DamagedArchive::add_reference_chunks(LoadedChunk& chunk) {
  ACTZ_CHECK(check_reference(*chunk.tensor));
  const Tensor& reference = tensors_.at(chunk.tensor->reference);
  std::uint64_t next = chunk.first_row();
  for (const auto& [index, found] : reference.chunks) {
    const ChunkName name{chunk.tensor->reference, index};
    const ChunkHeader& header = found.header;
    const std::uint64_t end = reference.header->first_row_of_strand(header.first_strand + header.strand_count);
    if (end <= next || next >= chunk.end_row()) continue;
    const auto verdict = verdicts_.find(name);
    if (reference.header->first_row_of_strand(header.first_strand) > next || verdict == verdicts_.end() ||
        verdict->second) {
      break;
    }
    ACTZ_TRY(auto loaded, load(name));
    chunk.reference.push_back(std::make_shared<const LoadedChunk>(std::move(loaded)));
    next = end;
  }
  if (next < chunk.end_row()) return lost(chunk.file_offset_bytes, "rows of the reference of a chunk are lost");
  return check_reference_work(chunk);
}

/// Gives a chunk a model, and what this model needs.
Result<LoadedChunk> DamagedArchive::complete(LoadedChunk chunk, std::size_t model) {
  ACTZ_TRY(chunk.model, model_set_.prepare(model, chunk.file_offset_bytes));
  if (chunk.model->model.reference.channels > 0 && chunk.tensor->reference != kNoReference) {
    ACTZ_CHECK(add_reference_chunks(chunk));
  }
  ACTZ_CHECK(check_may_have_sources(chunk));
  const ChunkName own = chunk.name();
  const auto find = [&](const ChunkName& name) -> Result<LoadedChunk> {
    const auto verdict = verdicts_.find(name);
    if (name >= own || verdict == verdicts_.end())
      return lost(chunk.file_offset_bytes, "a chunk that another one names as a source is lost");
    if (verdict->second) return *verdict->second;
    ACTZ_TRY(auto source, load_alone(name));
    const auto number = model_of(source.header.model_index);
    if (source.header.coding == ChunkCoding::raw || !number) return source;
    ACTZ_TRY(source.model, model_set_.prepare(*number, source.file_offset_bytes));
    return source;
  };
  ACTZ_CHECK(sources_.resolve(chunk, find));
  return chunk;
}

/// Models that a chunk may have been coded with: the one of its number if that is known, else those before it that no
/// number is known of, the nearest first. The digest of the chunk tells which it is.
std::vector<std::size_t> DamagedArchive::candidates(std::uint16_t model_index, std::uint64_t file_offset_bytes) const {
  if (const auto known = model_of(model_index)) return {*known};
  const auto behind = std::partition_point(models_.begin(), models_.end(), [&](const Model& model) {
    return model.section.offset_bytes < file_offset_bytes;
  });
  auto model = unnumbered_models_.lower_bound(static_cast<std::size_t>(behind - models_.begin()));
  std::vector<std::size_t> out;
  while (model != unnumbered_models_.begin() && out.size() < kMaxCandidates) out.push_back(*--model);
  return out;
}

Result<LoadedChunk> DamagedArchive::with_model(const LoadedChunk& chunk) {
  const std::uint16_t number = chunk.header.model_index;
  const bool is_known = model_of(number).has_value();
  Error failure = lost(chunk.file_offset_bytes, "the model of a chunk is lost");
  for (const std::size_t model : candidates(number, chunk.file_offset_bytes)) {
    auto completed = complete(chunk, model);
    if (completed && is_known) return completed;
    const auto elements = completed ? decode_loaded(*completed) : completed.error();
    if (elements) {
      model_numbers_[number] = model;
      unnumbered_models_.erase(model);
      return completed;
    }
    failure = elements.error();
  }
  return failure;
}

Result<LoadedChunk> DamagedArchive::load(const ChunkName& name) {
  ACTZ_TRY(auto chunk, load_alone(name));
  if (chunk.header.coding == ChunkCoding::raw) {
    ACTZ_CHECK(check_may_have_sources(chunk));
    return chunk;
  }
  return with_model(chunk);
}

Result<std::vector<std::byte>> DamagedArchive::decode(const ChunkName& name) {
  const auto run = [&]() -> Result<std::vector<std::byte>> {
    ACTZ_TRY(const auto chunk, load(name));
    return decode_loaded(chunk);
  };
  auto out = run();
  verdicts_[name] = out ? std::nullopt : std::optional(out.error());
  return out;
}

}  // namespace actz
