#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "entropy/rans.hpp"
#include "pipeline/dec_dictionary.hpp"
#include "profile/codec_model.hpp"
#include "rows/closed_loop.hpp"
#include "rows/context_lanes.hpp"

namespace actz {

/// A validated model with everything that decoding any of its chunks needs, built once and shared by threads.
struct PreparedModel {
  /// @param loaded  the dictionary that the model names; null if none.
  explicit PreparedModel(CodecModel parsed, std::shared_ptr<const LoadedDictionary> loaded = nullptr);
  PreparedModel(const PreparedModel&) = delete;  // context_lanes refers to model
  PreparedModel& operator=(const PreparedModel&) = delete;

  CodecModel model;
  std::shared_ptr<const LoadedDictionary> dictionary;  ///< that the model names, or null
  std::shared_ptr<const StoredParts> stored;           ///< its rows, or null
  std::optional<ClosedLoop> loop;                      ///< lossy
  DecodeTables tables;
  std::optional<ContextLanes> context_lanes;  ///< entropy kind context
  TableSchedule schedule;                     ///< entropy kind static: one row of symbols, repeated
  std::vector<std::uint32_t> schedule_storage;

  // lossy and static: how symbols become levels, one element per coefficient
  bool has_raw_bits = false;
  std::vector<std::int16_t> lowest;
  std::vector<std::uint8_t> escape;

  std::uint32_t symbols_per_row() const {
    return model.kind == CodecKind::lossy ? model.synthesis.coefficients : model.channels;
  }
};

using SharedModel = std::shared_ptr<const PreparedModel>;

}  // namespace actz
