#include "pipeline/reference_tensor.hpp"

#include <algorithm>

#include "base/try.hpp"
#include "tensor/float_convert.hpp"

namespace actz {

SharedChunks ReferenceTensor::covering(std::uint64_t first_row, std::uint64_t end_row) const {
  SharedChunks out;
  for (const auto& chunk : chunks) {
    if (chunk->end_row() > first_row && chunk->first_row() < end_row) out.push_back(chunk);
  }
  return out;
}

bool ReferenceTensor::can_serve(const TensorHeader& tensor, const CutPlan& cut) const {
  const std::uint64_t strands = tensor.strand_count();
  std::uint64_t chunk_index = 0;
  for (std::uint64_t strand = 0; strand < strands; ++chunk_index) {
    const std::uint64_t first_row = tensor.first_row_of_strand(strand);
    strand = std::min<std::uint64_t>(strand + cut.strands_of(chunk_index), strands);
    const std::uint64_t end_row = tensor.first_row_of_strand(strand);
    std::uint64_t rows = 0;
    for (const auto& chunk : covering(first_row, end_row)) rows += chunk->end_row() - chunk->first_row();
    if (!is_in_proportion(rows, end_row - first_row)) return false;
  }
  return true;
}

Status add_reference_rows(const ReferenceTensor& reference, TensorSample& sample) {
  const std::size_t channels = reference.header->channels;
  sample.rows.reference_channels = reference.header->channels;
  sample.rows.reference.resize(sample.rows.row_count() * channels);
  std::vector<float> values;
  const LoadedChunk* decoded = nullptr;  // strands ascend: each chunk is decoded once
  for (std::size_t i = 0; i < sample.rows.train.size(); ++i) {
    const Strand& strand = sample.rows.train[i];
    const std::uint64_t end = sample.first_row[i] + strand.row_count;
    for (const auto& shared : reference.chunks) {
      const LoadedChunk& chunk = *shared;
      const std::uint64_t from = std::max(sample.first_row[i], chunk.first_row());
      const std::uint64_t to = std::min(end, chunk.end_row());
      if (from >= to) continue;
      if (decoded != &chunk) {
        ACTZ_TRY(const auto elements, decode_loaded(chunk));
        values.resize(elements.size() / element_bytes(chunk.tensor->dtype));
        floats_to_f32(chunk.tensor->dtype, elements, values);
        decoded = &chunk;
      }
      const auto source = values.begin() + static_cast<std::ptrdiff_t>((from - chunk.first_row()) * channels);
      const std::size_t target = strand.first_row + static_cast<std::size_t>(from - sample.first_row[i]);
      std::copy_n(source, (to - from) * channels,
                  sample.rows.reference.begin() + static_cast<std::ptrdiff_t>(target * channels));
    }
  }
  return {};
}

}  // namespace actz
