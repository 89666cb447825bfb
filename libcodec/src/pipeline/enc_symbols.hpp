#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/bit_writer.hpp"
#include "container/fields.hpp"
#include "pipeline/chunk_layout.hpp"
#include "pipeline/enc_lanes.hpp"
#include "profile/codec_model.hpp"

namespace actz {

/// What entropy coding makes of the levels of a chunk or packet.
struct CodedSymbols {
  CodedLanes coded;
  std::vector<std::byte> bypass;
  std::uint64_t match_bits = 0;  ///< of the bypass stream
};

/// What the rows of a chunk are matched with.
struct ChunkMatches {
  std::span<const RowMatch> of_rows;      ///< if the model matches rows
  std::span<const std::uint32_t> stored;  ///< as for MatchAddresses
};

/// Takes levels in, step by step; the twin of StepLevels.
class StepSymbols {
 public:
  virtual ~StepSymbols() = default;
  /// Levels of the rows of the next step.
  /// @param activity  of each row before its first coefficient; empty: kActivityStart.
  /// @return false if the model, whose frequencies may be anybody's, cannot code one of them.
  virtual bool write(std::span<const std::int16_t* const> levels, std::span<const std::int32_t> activity) = 0;
  /// Raw bits and escapes, to write what else stands there between the steps.
  virtual BitWriter& bypass() = 0;
  /// @param most_lanes  a power of two.
  virtual CodedSymbols finish(unsigned most_lanes) = 0;
};

/// Entropy-codes levels, one implementation for each entropy kind. Shared by threads.
class SymbolCoder {
 public:
  explicit SymbolCoder(const CodecModel& model) : model_(model) {}
  virtual ~SymbolCoder() = default;

  /// @param rows  of all steps together, at most.
  virtual std::unique_ptr<StepSymbols> begin(std::size_t rows, std::size_t largest_step_rows) const = 0;

  /// The levels of a chunk. @param levels  row-major [row][coefficient]. Fills lanes_log2, word_count and bypass_bytes
  /// of the header.
  /// @return nothing if the model cannot code one of the levels.
  std::optional<CodedSymbols> code(std::span<const std::int16_t> levels, const ChunkMatches& matches,
                                   const ChunkLayout& layout, ChunkHeader& header) const;

 protected:
  const CodecModel& model_;
};

/// @param model  borrowed.
std::unique_ptr<SymbolCoder> make_static_symbol_coder(const CodecModel& model);
std::unique_ptr<SymbolCoder> make_context_symbol_coder(const CodecModel& model);

}  // namespace actz
