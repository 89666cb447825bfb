#include "pipeline/enc_chunk.hpp"

#include <bit>

#include "base/byte_writer.hpp"
#include "base/checksum.hpp"

namespace actz {

unsigned choose_lanes(std::size_t symbols, std::size_t symbols_per_lane) {
  const std::size_t lanes = std::bit_floor(symbols / symbols_per_lane + 1);
  return static_cast<unsigned>(lanes < kMaxLanes ? lanes : kMaxLanes);
}

void entropy_code(const EncodeTables& tables, const TableSchedule& schedule, std::span<const std::uint8_t> symbols,
                  std::span<const std::size_t> step_symbols, ChunkHeader& header,
                  std::vector<std::byte>& states_and_words, std::size_t symbols_per_lane) {
  std::size_t end = 0;
  for (const std::size_t count : step_symbols) end += count;
  const unsigned lanes = choose_lanes(end, symbols_per_lane);
  RansEncoder encoder(tables, lanes, end);
  for (std::size_t step = step_symbols.size(); step-- > 0;) {
    const std::size_t count = step_symbols[step];
    if (count > 0) encoder.encode_step(schedule, symbols.subspan(end - count, count));
    end -= count;
  }
  ByteWriter out;
  for (const std::uint32_t state : encoder.states()) out.u32(state);
  out.bytes(encoder.words());
  header.lanes_log2 = static_cast<std::uint8_t>(std::countr_zero(lanes));
  header.word_count = static_cast<std::uint32_t>(encoder.words().size() / 2);
  states_and_words = out.take();
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
