#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "actz/profile.hpp"
#include "base/checksum.hpp"
#include "profile/codec_model.hpp"

namespace actz {

/// A rung as stored: the model, its bytes (which its digest names) and what was measured.
struct Rung {
  CodecModel model;
  std::vector<std::byte> model_bytes;
  Sha256 digest{};
  double repeat_slope = 1;  ///< for encoders, as in Decisions
};

class LoadedDictionary;

/// A dictionary as stored. What was decoded of it stays with the profile, for all files that need it.
struct StoredDictionary {
  std::vector<std::byte> bytes;  ///< payload of DICTIONARY
  Sha256 digest{};
  struct Cache {
    std::mutex mutex;
    std::shared_ptr<const LoadedDictionary> loaded;
  };
  std::shared_ptr<Cache> cache = std::make_shared<Cache>();
};

struct Profile::Content {
  TrainingRecord training;
  std::vector<RungInfo> info;
  std::vector<Rung> rungs;  ///< same order as info
  std::vector<StoredDictionary> dictionaries;
  /// Payload of METRIC, unread: only encoders look inside (metric_section.hpp); may be empty
  std::vector<std::byte> metric;
};

std::string to_hex(std::span<const std::byte> bytes);
std::string to_hex(std::uint64_t value);

}  // namespace actz
