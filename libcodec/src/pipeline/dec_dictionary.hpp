#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "actz/options.hpp"
#include "base/checksum.hpp"
#include "container/fields.hpp"
#include "predict/dictionary.hpp"
#include "profile/codec_model.hpp"
#include "profile/profile_content.hpp"

namespace actz {

/// Decodes the payload of a DICTIONARY section: a tensor of one chunk, with its model.
/// Errors: corrupt…, unsupported, limit_exceeded, out_of_memory.
Result<Dictionary> read_dictionary(std::span<const std::byte> payload, std::uint64_t file_offset_bytes,
                                   const DecodeLimits& limits);

/// A dictionary at hand, decoded when it is first needed. Shared by files and threads.
class LoadedDictionary {
 public:
  LoadedDictionary(std::vector<std::byte> payload, std::uint64_t file_offset_bytes, const DecodeLimits& limits)
      : payload_(std::move(payload)),
        file_offset_bytes_(file_offset_bytes),
        limits_(limits),
        digest_(sha256(payload_)) {}

  const Sha256& digest() const { return digest_; }
  const std::vector<std::byte>& payload() const { return payload_; }

  Result<std::shared_ptr<const Dictionary>> rows() const;
  std::uint64_t file_offset_bytes() const { return file_offset_bytes_; }

 private:
  std::vector<std::byte> payload_;
  std::uint64_t file_offset_bytes_;
  DecodeLimits limits_;
  Sha256 digest_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Dictionary> rows_;
};

/// A dictionary in the units of the tensors of a file, one after the other. Shared by threads.
class ScaledDictionary {
 public:
  explicit ScaledDictionary(std::shared_ptr<const LoadedDictionary> dictionary) : dictionary_(std::move(dictionary)) {}

  /// @param model  that names the dictionary and codes the tensor.
  Result<std::shared_ptr<const DictionaryRows>> rows_for(const TensorHeader& tensor, const CodecModel& model) const;

 private:
  std::shared_ptr<const LoadedDictionary> dictionary_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const DictionaryRows> rows_;  ///< for the unit and centre asked for last
  mutable float unit_ = 0;
  mutable std::vector<std::int32_t> centre_;
};

/// The dictionary of a profile, the same object each time.
std::shared_ptr<const LoadedDictionary> load_dictionary(const StoredDictionary& stored);

}  // namespace actz
