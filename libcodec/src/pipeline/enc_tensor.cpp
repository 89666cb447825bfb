#include "pipeline/enc_tensor.hpp"

#include <algorithm>
#include <limits>

#include "base/checksum.hpp"
#include "base/try.hpp"
#include "container/scaled_centre.hpp"
#include "pipeline/ordered_tasks.hpp"

namespace actz {
namespace {

struct PlacedChunk {
  ChunkPlace place;
  EncodedChunk chunk;
};

void add_to(std::vector<double>& total, const std::vector<double>& part) {
  total.resize(std::max(total.size(), part.size()));
  for (std::size_t i = 0; i < part.size(); ++i) total[i] += part[i];
}

}  // namespace

TensorEncoding::TensorEncoding(FileWriter& file, const TensorHeader& tensor, std::uint32_t tensor_index,
                               const ModelChoice* choice, WrittenSources* sources, const EncodeOptions& options)
    : file_(file), tensor_(tensor), tensor_index_(tensor_index), options_(options) {
  if (choice == nullptr) return;
  reference_ = choice->reference;
  lossy_ = choice->model.kind == CodecKind::lossy;
  refined_ = choice->refined;
  const bool matches = choice->model.match.classes > 0;
  if (matches && !tensor_.is_referenced) sources_ = sources;
  if (tensor_.is_referenced || matches)
    model_ = std::make_shared<const PreparedModel>(choice->model, choice->dictionary);
  rows_ = choice->rows;
  encoder_ = lossy_ ? make_lossy_chunk_encoder(choice->model, choice->rows, tensor_, options.max_error,
                                               choice->refined ? Exactness::exact : Exactness::lossy)
                    : make_lossless_chunk_encoder(choice->model, tensor_);
}

Status TensorEncoding::renew_outside() {
  if (model_ == nullptr || model_->model.match.classes == 0) return {};
  const auto sources = sources_ != nullptr ? std::span(sources_->list()) : std::span<const SharedSource>{};
  if (stored_ != nullptr && sources.size() == outside_sources_) return {};
  outside_sources_ = sources.size();
  SharedParts parts = stored_parts(model_->dictionary.get(), sources);
  const bool none = parts.empty();
  stored_ = std::make_shared<const StoredParts>(std::move(parts));
  if (none) return {};
  ACTZ_TRY(const auto rows, stored_->rows(tensor_.channels));
  const std::vector<std::int32_t> centre = scaled_centre(model_->model, tensor_.centre_scale);
  outside_ = std::make_shared<const OutsideRows>(
      OutsideRows{sources_ != nullptr ? sources_->names() : std::vector<ChunkName>{},
                  rows_->searchable(*rows, tensor_.unit, centre)});
  return {};
}

Status TensorEncoding::write_chunks(BufferedElements& elements, const CutPlan& cut, std::uint16_t model_index) {
  OrderedTasks<PlacedChunk> tasks(options_.threads,
                                  [this](PlacedChunk&& done) { return store(done.place, done.chunk); });
  const std::size_t row_bytes = tensor_.channels * element_bytes(tensor_.dtype);
  const std::uint64_t strands = tensor_.strand_count();
  std::uint32_t chunk_index = 0;
  for (std::uint64_t strand = 0; strand < strands; ++chunk_index) {
    const auto count =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(cut.strands_of(chunk_index), strands - strand));
    const std::uint64_t first_row = tensor_.first_row_of_strand(strand);
    const std::uint64_t rows = tensor_.first_row_of_strand(strand + count) - first_row;
    const std::size_t bytes = static_cast<std::size_t>(rows) * row_bytes;
    std::span<const std::byte> input = elements.view(first_row * tensor_.channels, bytes);
    std::shared_ptr<std::byte[]> room;
    if (input.empty()) {
      room = std::make_shared_for_overwrite<std::byte[]>(bytes);
      ACTZ_CHECK(elements.read(first_row * tensor_.channels, {room.get(), bytes}));
      input = {room.get(), bytes};
    }
    ACTZ_CHECK(renew_outside());
    const bool is_source = sources_ != nullptr && reference_ == nullptr && sources_->takes(rows, tensor_.channels);
    const ChunkPlace place{tensor_index_, chunk_index, strand, count, model_index, is_source};
    ACTZ_CHECK(tasks.add([this, place, input, room, first_row, rows, outside = outside_]() -> Result<PlacedChunk> {
      ReferenceRows reference;
      if (reference_ != nullptr) {
        ACTZ_TRY(reference,
                 decode_rows(reference_->covering(first_row, first_row + rows), first_row, first_row + rows));
      }
      ACTZ_TRY(auto chunk, encoder_->encode(place, input, reference_ != nullptr ? &reference : nullptr, outside.get()));
      return PlacedChunk{place, std::move(chunk)};
    }));
    if (is_source) ACTZ_CHECK(tasks.finish());  // those that follow are matched with it
    strand += count;
  }
  return tasks.finish();
}

LoadedChunk TensorEncoding::loaded(const EncodedChunk& chunk) const {
  LoadedChunk out;
  out.payload = std::make_shared<const std::vector<std::byte>>(chunk.payload);
  out.header = *read_chunk_header(*out.payload, 0);
  out.tensor = std::make_shared<const TensorHeader>(tensor_);
  out.model = model_;
  if (reference_ != nullptr) out.reference = reference_->covering(out.first_row(), out.end_row());
  if (out.header.source_count > 0) out.stored = stored_;
  return out;
}

Status TensorEncoding::write_end() {
  const TensorEnd end{tensor_index_,
                      chunk_count_,
                      xxh64(digests_.data()),
                      total_.squared_error,
                      lossy_ && !refined_ ? centred_energy() : std::numeric_limits<double>::quiet_NaN(),
                      total_.max_abs_error};
  return file_.section(SectionType::tensor_end, write_tensor_end(end), {0, tensor_index_, 0, 0, 0, 0});
}

void TensorEncoding::report(EncodeReport& to) const {
  to.nmse = total_.squared_error == 0 ? 0.0 : total_.squared_error / centred_energy();
  to.max_abs_error = total_.max_abs_error;
  to.patches = total_.patches;
  to.matched_rows = total_.matched_rows;
  to.match_bits = total_.match_bits;
  if (outside_ != nullptr) to.source_chunks = outside_->sources.size();
}

Status TensorEncoding::store(const ChunkPlace& place, const EncodedChunk& chunk) {
  digests_.u64(chunk.digest);
  if (tensor_.is_referenced) kept_.push_back(std::make_shared<const LoadedChunk>(loaded(chunk)));
  if (place.is_source) sources_->add(loaded(chunk));
  ++chunk_count_;
  total_.squared_error += chunk.statistics.squared_error;
  total_.max_abs_error = std::max(total_.max_abs_error, chunk.statistics.max_abs_error);
  total_.patches += chunk.statistics.patches;
  total_.matched_rows += chunk.statistics.matched_rows;
  total_.match_bits += chunk.statistics.match_bits;
  add_to(total_.sum, chunk.statistics.sum);
  add_to(total_.square_sum, chunk.statistics.square_sum);
  rows_done_ = tensor_.first_row_of_strand(place.first_strand + place.strand_count);
  if (options_.progress != nullptr) {
    options_.progress(options_.progress_context, rows_done_ * tensor_.channels, tensor_.row_count() * tensor_.channels);
  }
  return file_.section(SectionType::chunk, chunk.payload,
                       {0, place.tensor_index, 0, 0, place.first_strand, place.strand_count});
}

double TensorEncoding::centred_energy() const {
  double energy = 0;
  for (std::size_t c = 0; c < total_.sum.size(); ++c) {
    energy += total_.square_sum[c] -
              total_.sum[c] * total_.sum[c] / static_cast<double>(std::max<std::uint64_t>(rows_done_, 1));
  }
  return energy;
}

}  // namespace actz
