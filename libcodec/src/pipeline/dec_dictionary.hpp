#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "actz/options.hpp"
#include "base/checksum.hpp"
#include "pipeline/stored_parts.hpp"
#include "profile/profile_content.hpp"

namespace actz {

/// Decodes the payload of a DICTIONARY section: a tensor of one chunk, with its model.
/// Errors: corrupt…, unsupported, limit_exceeded, out_of_memory.
Result<StoredRows> read_dictionary(std::span<const std::byte> payload, std::uint64_t file_offset_bytes,
                                   const DecodeLimits& limits);

/// A dictionary at hand. Shared by files and threads.
class LoadedDictionary {
 public:
  LoadedDictionary(std::vector<std::byte> payload, std::uint64_t file_offset_bytes, const DecodeLimits& limits);

  const Sha256& digest() const { return digest_; }
  const std::vector<std::byte>& payload() const { return *payload_; }
  /// Its rows, decoded when they are first needed.
  const std::shared_ptr<const StoredPart>& part() const { return part_; }

 private:
  std::shared_ptr<const std::vector<std::byte>> payload_;
  Sha256 digest_;
  std::shared_ptr<const StoredPart> part_;
};

/// The dictionary of a profile, the same object each time.
std::shared_ptr<const LoadedDictionary> load_dictionary(const StoredDictionary& stored);

}  // namespace actz
