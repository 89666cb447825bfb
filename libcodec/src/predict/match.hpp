#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/checksum.hpp"
#include "generated/format_limits.hpp"

namespace actz {

/// How rows are predicted from a matched row, one decoded before in the chunk, or of a
/// dictionary, that looks much like them
/// (format_spec/04_transforms.md). Each row has a match class, 0 for none, which says how far its match is trusted.
struct MatchModel {
  static constexpr unsigned kGainBits = 7;
  static constexpr float kGainUnit = 1.0F / (1 << kGainBits);
  static constexpr std::int32_t kLargestInput = (1 << 22) - 1;  ///< matched rows are clamped to ± so much

  unsigned classes = 0;                       ///< 0: rows are not matched
  std::optional<Sha256> dictionary;           ///< digest of the one whose rows can be matched with, too
  std::vector<std::uint8_t> code_bits;        ///< classes + 1: lengths of the prefix code of the classes
  std::vector<std::uint16_t> start_activity;  ///< classes + 1: activity of a row before its first coefficient
  std::vector<std::uint8_t> gain;             ///< classes × channels, in 1/128

  /// Gains of class 1 and up.
  const std::uint8_t* gain_of(unsigned match_class, std::size_t channels) const {
    return &gain[(match_class - 1) * channels];
  }
};

/// What one row is matched with.
struct RowMatch {
  std::uint8_t match_class = 0;
  std::uint32_t address = 0;  ///< of the matched row; means nothing in class 0
};

}  // namespace actz
