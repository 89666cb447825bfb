#include "recover/recovered_file.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "base/byte_writer.hpp"
#include "base/checksum.hpp"
#include "base/try.hpp"
#include "generated/format_limits.hpp"

namespace actz {
namespace {

RowRange rows_of(const std::vector<GoodChunk>& run) { return {run.front().rows.first, run.back().rows.end}; }

/// How the strands of a run are seen as a tensor of their own, or nothing: a run that begins or ends within a sequence,
/// and whose strands differ in length, is no sequences × rows.
std::optional<TensorHeader> view_of(const TensorHeader& tensor, const std::vector<GoodChunk>& run) {
  const std::uint64_t first = run.front().header.first_strand;
  const std::uint64_t count = run.back().header.first_strand + run.back().header.strand_count - first;
  const std::uint64_t each = tensor.strands_per_sequence();  // not 0: there are strands
  const RowRange rows = rows_of(run);
  TensorHeader out = tensor;
  out.reference = kNoReference;
  out.reference_scale = 1.0F;
  out.is_referenced = false;
  out.shape = {rows.end - rows.first, tensor.channels};
  if (first / each == (first + count - 1) / each) {  // within one sequence
    out.sequences = 1;
    out.rows = rows.end - rows.first;
  } else if (tensor.rows % tensor.strand_rows == 0) {  // all strands are of one length
    out.sequences = count;
    out.rows = tensor.strand_rows;
  } else if (first % each == 0 && count % each == 0) {  // whole sequences
    out.sequences = count / each;
  } else {
    return std::nullopt;
  }
  return out;
}

/// A tensor of the rows, one strand each.
TensorHeader plain_view_of(const TensorHeader& tensor, const RowRange& rows) {
  TensorHeader out;
  out.dtype = tensor.dtype;
  out.shape = {rows.end - rows.first, tensor.channels};
  out.sequences = 1;
  out.rows = rows.end - rows.first;
  out.channels = tensor.channels;
  out.strand_rows = 1;
  return out;
}

}  // namespace

Status RecoveredFile::add_metadata() {
  ACTZ_CHECK(file_.start());
  if (!from_.metadata()) return {};
  return file_.section(SectionType::metadata, *from_.metadata(), {}, kSectionSkippable);
}

Status RecoveredFile::add_tensor(std::uint32_t number, const std::vector<GoodChunk>& chunks, RecoveredTensor& report) {
  const TensorHeader& tensor = *from_.tensors().at(number).header;
  std::vector<Run> runs;
  for (const GoodChunk& chunk : chunks) {
    const bool follows =
        !runs.empty() &&
        runs.back().back().header.first_strand + runs.back().back().header.strand_count == chunk.header.first_strand;
    if (!follows) runs.emplace_back();
    runs.back().push_back(chunk);
  }
  const bool whole = runs.size() <= 1 && (runs.empty() ? 0 : runs.front().front().header.first_strand) == 0 &&
                     (runs.empty() ? 0 : rows_of(runs.front()).end) == tensor.row_count();
  const bool has_reference =
      tensor.reference == kNoReference || (tensors_.contains(tensor.reference) && from_.check_reference(tensor));
  if (whole && has_reference && can_take_over(chunks)) return add_whole(number, chunks, report);
  for (const Run& run : runs) ACTZ_CHECK(add_piece(tensor, run, report));
  return {};
}

/// Every source of the chunks is in the new file as it was.
bool RecoveredFile::can_take_over(const Run& run) const {
  std::set<ChunkName> own;
  for (const GoodChunk& chunk : run) {
    for (const ChunkName& source : chunk.sources) {
      if (!chunks_.contains(source) && !own.contains(source)) return false;
    }
    own.insert(chunk.name);
  }
  return true;
}

Status RecoveredFile::add_whole(std::uint32_t number, const Run& run, RecoveredTensor& report) {
  const DamagedArchive::Tensor& tensor = from_.tensors().at(number);
  TensorHeader header = *tensor.header;
  if (header.reference != kNoReference) header.reference = tensors_.at(header.reference);
  if (!names_.insert(header.name).second) header.name = piece_name(header, {0, header.row_count()});
  for (const GoodChunk& chunk : run) ACTZ_CHECK(add_model_of(chunk));
  ACTZ_CHECK(begin_tensor(header));
  ACTZ_CHECK(write_chunks(run));
  ACTZ_CHECK(write_end(tensor.end));
  report.pieces.push_back({header.name, {0, header.row_count()}, run.size(), false});
  tensors_[number] = tensor_count_ - 1;
  return {};
}

Status RecoveredFile::add_piece(const TensorHeader& tensor, const Run& run, RecoveredTensor& report) {
  const RowRange rows = rows_of(run);
  auto view = tensor.reference == kNoReference && can_take_over(run) ? view_of(tensor, run) : std::nullopt;
  const bool recoded = !view;
  TensorHeader piece = view ? *view : plain_view_of(tensor, rows);
  piece.name = piece_name(tensor, rows);
  if (!recoded) {
    for (const GoodChunk& chunk : run) ACTZ_CHECK(add_model_of(chunk));
  }
  ACTZ_CHECK(begin_tensor(piece));
  ACTZ_CHECK(recoded ? write_elements(run) : write_chunks(run));
  ACTZ_CHECK(write_end({}));
  report.pieces.push_back({piece.name, rows, run.size(), recoded});
  return {};
}

Status RecoveredFile::begin_tensor(const TensorHeader& header) {
  digests_.clear();
  strands_ = 0;
  return file_.section(SectionType::tensor, write_tensor_header(header), {0, tensor_count_++, 0, 0, 0, 0});
}

Status RecoveredFile::write_chunk(ChunkHeader header, std::span<const ChunkName> sources,
                                  std::span<const std::byte> body) {
  header.tensor_index = tensor_count_ - 1;
  header.chunk_index = static_cast<std::uint32_t>(digests_.size());
  header.first_strand = strands_;
  std::vector<std::byte> payload;
  write_chunk_header(header, payload);
  write_chunk_names(sources, payload);
  payload.insert(payload.end(), body.begin(), body.end());
  strands_ += header.strand_count;
  digests_.push_back(header.digest);
  return file_.section(SectionType::chunk, payload,
                       {0, header.tensor_index, 0, 0, header.first_strand, header.strand_count});
}

/// As they were, under new numbers.
Status RecoveredFile::write_chunks(const Run& run) {
  for (const GoodChunk& chunk : run) {
    const auto& chunks = from_.tensors().at(chunk.name.tensor_index).chunks;
    ACTZ_TRY(const auto payload, from_.payload_of(chunks.at(chunk.name.chunk_index).section));
    ChunkHeader header = chunk.header;
    if (header.coding != ChunkCoding::raw) header.model_index = models_.at(*from_.model_of(header.model_index));
    chunks_[chunk.name] = {tensor_count_ - 1, static_cast<std::uint32_t>(digests_.size())};
    std::vector<ChunkName> sources;
    for (const ChunkName& source : chunk.sources) sources.push_back(chunks_.at(source));
    ACTZ_CHECK(write_chunk(header, sources, std::span(payload).subspan(header.bytes())));
  }
  return {};
}

/// Raw, a strand for each row.
Status RecoveredFile::write_elements(const Run& run) {
  for (const GoodChunk& chunk : run) {
    ACTZ_TRY(const auto elements, from_.decode(chunk.name));
    const std::uint64_t rows = chunk.rows.end - chunk.rows.first;
    const std::size_t row_bytes = elements.size() / static_cast<std::size_t>(rows);
    for (std::uint64_t row = 0; row < rows; row += kMaxChunkStrands) {
      ChunkHeader header;
      header.coding = ChunkCoding::raw;
      header.strand_count = static_cast<std::uint32_t>(std::min<std::uint64_t>(kMaxChunkStrands, rows - row));
      const auto part =
          std::span(elements).subspan(static_cast<std::size_t>(row) * row_bytes, header.strand_count * row_bytes);
      header.digest = xxh64(part);
      ACTZ_CHECK(write_chunk(header, {}, part));
    }
  }
  return {};
}

Status RecoveredFile::write_end(const std::optional<TensorEnd>& known) {
  constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  TensorEnd end{0, 0, 0, kUnknown, kUnknown, kUnknown};
  if (known) end = *known;
  ByteWriter digests;
  for (const std::uint64_t digest : digests_) digests.u64(digest);
  end.tensor_index = tensor_count_ - 1;
  end.chunk_count = static_cast<std::uint32_t>(digests_.size());
  end.digest = xxh64(digests.data());
  return file_.section(SectionType::tensor_end, write_tensor_end(end), {0, end.tensor_index, 0, 0, 0, 0});
}

/// The model of a chunk and its dictionary, unless the new file has them.
Status RecoveredFile::add_model_of(const GoodChunk& chunk) {
  if (chunk.header.coding == ChunkCoding::raw) return {};
  const std::size_t model = *from_.model_of(chunk.header.model_index);
  if (models_.contains(model)) return {};
  if (chunk.dictionary && dictionaries_.insert(*chunk.dictionary).second) {
    if (const ScannedPart* section = from_.dictionary(*chunk.dictionary)) {
      ACTZ_TRY(const auto payload, from_.payload_of(*section));
      ACTZ_CHECK(file_.section(SectionType::dictionary, payload));
    }
  }
  const ScannedPart& section = from_.models()[model].section;
  ACTZ_TRY(const auto payload, from_.payload_of(section));
  ACTZ_CHECK(file_.section(static_cast<SectionType>(section.header.type), payload));
  models_[model] = model_count_++;
  return {};
}

/// NAME[first:end], or the number of the tensor in place of a name that leaves no room for that.
std::string RecoveredFile::piece_name(const TensorHeader& tensor, const RowRange& rows) {
  const std::string range = "[" + std::to_string(rows.first) + ":" + std::to_string(rows.end) + "]";
  std::string base = tensor.name;
  if (base.size() + range.size() > kMaxNameBytes) base = "tensor " + std::to_string(tensor_count_);
  std::string out = base + range;
  for (unsigned i = 2; !names_.insert(out).second; ++i) out = base + " (" + std::to_string(i) + ")" + range;
  return out;
}

Status RecoveredFile::finish() {
  ACTZ_CHECK(file_.start());
  return file_.finish();
}

}  // namespace actz
