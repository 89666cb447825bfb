#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bit_reader.hpp"
#include "predict/match_memory.hpp"
#include "rows/match_codes.hpp"

namespace actz {

/// Reads the matches of rows, step by step, and tells the activity that their levels start with. Of a model that does
/// not match rows, nothing. The twin of MatchWriter.
class MatchReader {
 public:
  /// @param model  borrowed.
  MatchReader(const MatchModel& model, std::size_t strands) : model_(model) {
    if (model.classes > 0) codes_.emplace(model, strands);
  }

  /// @param memory  null if the model does not match rows.
  /// @return false when the data is broken.
  bool read(BitReader& in, const MatchMemory* memory, const StepRows& step) {
    if (!codes_) return true;
    if (!codes_->read(in, memory->addresses(), step, matches_)) return false;
    start_activity_.clear();
    for (const RowMatch& match : matches_) start_activity_.push_back(model_.start_activity[match.match_class]);
    return true;
  }

  /// Of the step read last.
  std::span<const RowMatch> of_rows() const { return matches_; }
  /// Empty: kActivityStart.
  std::span<const std::int32_t> start_activity() const { return start_activity_; }

 private:
  const MatchModel& model_;
  std::optional<MatchCodes> codes_;
  std::vector<RowMatch> matches_;
  std::vector<std::int32_t> start_activity_;
};

}  // namespace actz
