#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bit_writer.hpp"
#include "predict/match_addresses.hpp"
#include "rows/match_codes.hpp"

namespace actz {

/// Writes the matches of rows, step by step, and tells the activity that their levels start with. Of a model that does
/// not match rows, nothing.
class MatchWriter {
 public:
  /// @param model, stored  borrowed; stored as for MatchAddresses.
  MatchWriter(const MatchModel& model, std::size_t rows, std::size_t strands, std::span<const std::uint32_t> stored);
  /// @param matches  of each row of the strands.
  void write(const StepRows& step, std::span<const RowMatch> matches, BitWriter& bypass);
  std::uint64_t bits_written() const { return bits_written_; }
  /// Of each row of the step written last; empty: kActivityStart.
  std::span<const std::int32_t> start_activity() const { return start_activity_; }

 private:
  const MatchModel& model_;
  std::optional<MatchAddresses> addresses_;
  std::optional<MatchCodes> codes_;
  std::uint64_t bits_written_ = 0;
  std::vector<RowMatch> of_step_;
  std::vector<std::int32_t> start_activity_;
};

}  // namespace actz
