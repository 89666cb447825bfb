#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "entropy/rans.hpp"
#include "profile/codec_model.hpp"
#include "rows/closed_loop.hpp"

namespace actz {

/// A validated model with everything that decoding any of its chunks needs, built once and shared by threads.
struct PreparedModel {
  explicit PreparedModel(CodecModel parsed);

  CodecModel model;
  std::optional<ClosedLoop> loop;  ///< lossy
  DecodeTables tables;
  TableSchedule schedule;          ///< one row of symbols, repeated
  std::vector<std::uint32_t> schedule_storage;

  // lossy: how symbols become values, one element per coefficient
  bool has_raw_bits = false;
  std::vector<std::int16_t> lowest;
  std::vector<std::uint8_t> escape;

  std::uint32_t symbols_per_row() const { return static_cast<std::uint32_t>(model.entropy.class_of.size()); }
  bool has_lags() const { return loop && loop->has_lags(); }
};

using SharedModel = std::shared_ptr<const PreparedModel>;

}  // namespace actz
