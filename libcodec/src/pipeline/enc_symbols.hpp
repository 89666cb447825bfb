#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "container/fields.hpp"
#include "pipeline/chunk_layout.hpp"
#include "profile/codec_model.hpp"

namespace actz {

/// What entropy coding makes of the levels of a chunk.
struct CodedSymbols {
  std::vector<std::byte> states_and_words;
  std::vector<std::byte> bypass;
  std::uint64_t match_bits = 0;  ///< of the bypass stream
};

/// What the rows of a chunk are matched with.
struct ChunkMatches {
  std::span<const RowMatch> of_rows;      ///< if the model matches rows
  std::span<const std::uint32_t> stored;  ///< as for MatchAddresses
};

/// Entropy-codes the levels of a chunk, one implementation for each entropy kind. Shared by threads.
class SymbolCoder {
 public:
  virtual ~SymbolCoder() = default;
  /// @param levels   row-major [row][coefficient]. Fills lanes_log2, word_count and bypass_bytes of the header.
  /// @return nothing if the model, whose frequencies may be anybody's, cannot code one of the levels.
  virtual std::optional<CodedSymbols> code(std::span<const std::int16_t> levels, const ChunkMatches& matches,
                                           const ChunkLayout& layout, ChunkHeader& header) const = 0;
};

/// @param model  borrowed.
std::unique_ptr<SymbolCoder> make_static_symbol_coder(const CodecModel& model);
std::unique_ptr<SymbolCoder> make_context_symbol_coder(const CodecModel& model);

}  // namespace actz
