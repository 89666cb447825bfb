#include "pipeline/enc_chunk.hpp"

#include "base/checksum.hpp"

namespace actz {

void set_lanes(const CodedLanes& coded, ChunkHeader& header) {
  header.lanes_log2 = coded.lanes_log2();
  header.word_count = coded.word_count();
}

std::vector<std::byte> assemble_chunk(const ChunkHeader& header, std::span<const ChunkName> sources,
                                      std::span<const std::byte> states_and_words, std::span<const std::byte> bypass,
                                      std::span<const std::byte> patches) {
  std::vector<std::byte> out;
  out.reserve(header.bytes() + states_and_words.size() + bypass.size() + patches.size());
  write_chunk_header(header, out);
  write_chunk_names(sources, out);
  for (const auto part : {states_and_words, bypass, patches}) out.insert(out.end(), part.begin(), part.end());
  return out;
}

ChunkHeader chunk_header(const ChunkPlace& place, ChunkCoding coding, std::uint64_t digest) {
  ChunkHeader out;
  out.tensor_index = place.tensor_index;
  out.chunk_index = place.chunk_index;
  out.first_strand = place.first_strand;
  out.strand_count = place.strand_count;
  out.model_index = place.model_index;
  out.is_source = place.is_source;
  out.coding = coding;
  out.digest = digest;
  return out;
}

EncodedChunk raw_chunk(const ChunkPlace& place, std::span<const std::byte> elements) {
  EncodedChunk out;
  out.digest = xxh64(elements);
  out.payload = assemble_chunk(chunk_header(place, ChunkCoding::raw, out.digest), {}, elements, {}, {});
  return out;
}

}  // namespace actz
