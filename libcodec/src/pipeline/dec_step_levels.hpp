#pragma once

#include <memory>
#include <span>

#include "base/bit_reader.hpp"
#include "linear/row_block.hpp"
#include "pipeline/dec_chunk.hpp"

namespace actz {

/// Reads the levels of a chunk's rows, step by step: entropy decoding, one implementation for each entropy kind.
class StepLevels {
 public:
  virtual ~StepLevels() = default;
  /// Levels of the next `rows` rows. @return false when the data is broken.
  /// @param activity  of each row before its first coefficient; empty: kActivityStart.
  virtual bool read(std::size_t rows, std::span<const std::int32_t> activity, RowBlock<std::int16_t>& levels) = 0;
  /// Raw bits and escapes, to read what else stands there between the steps.
  virtual BitReader& bypass() = 0;
  /// Whether coder and bypass stream end where they should.
  virtual bool finished() = 0;
};

/// @param parts, model  borrowed.
std::unique_ptr<StepLevels> make_static_levels(const ChunkParts& parts, const PreparedModel& model,
                                               std::size_t largest_step_rows);
std::unique_ptr<StepLevels> make_context_levels(const ChunkParts& parts, const PreparedModel& model,
                                                std::size_t largest_step_rows);

}  // namespace actz
