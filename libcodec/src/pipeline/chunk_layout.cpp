#include "pipeline/chunk_layout.hpp"

namespace actz {

ChunkLayout chunk_layout(const TensorHeader& tensor, std::uint64_t first_strand, std::uint32_t strand_count) {
  ChunkLayout out;
  out.first_row = tensor.first_row_of_strand(first_strand);
  for (std::uint64_t i = first_strand; i < first_strand + strand_count; ++i) {
    const auto rows = static_cast<std::size_t>(tensor.rows_of_strand(i));
    out.strands.push_back({out.row_count, rows});
    out.row_count += rows;
  }
  out.element_count = out.row_count * tensor.channels;
  out.decoded_bytes = out.element_count * element_bytes(tensor.dtype);
  return out;
}

std::vector<std::uint32_t> positions_in_strands(const ChunkLayout& layout) {
  std::vector<std::uint32_t> out;
  out.reserve(layout.row_count);
  for (const Strand& strand : layout.strands) {
    for (std::size_t t = 0; t < strand.row_count; ++t) out.push_back(static_cast<std::uint32_t>(t));
  }
  return out;
}

std::uint64_t chunk_decoded_bytes(const TensorHeader& tensor, std::uint64_t first_strand, std::uint32_t strand_count) {
  // Inside the tensor, whose bytes fit in 63 bits, so nothing here can overflow.
  const std::uint64_t rows =
      tensor.first_row_of_strand(first_strand + strand_count) - tensor.first_row_of_strand(first_strand);
  return rows * tensor.channels * element_bytes(tensor.dtype);
}

}  // namespace actz
