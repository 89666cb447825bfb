#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "actz/result.hpp"
#include "container/fields.hpp"
#include "predict/stored_rows.hpp"
#include "profile/codec_model.hpp"

namespace actz {

/// Stored rows of one origin, a dictionary or a source chunk, decoded when they are first needed. Shared by threads.
class StoredPart {
 public:
  explicit StoredPart(std::function<Result<StoredRows>()> decode) : decode_(std::move(decode)) {}

  Result<std::shared_ptr<const StoredRows>> rows() const;

  /// Appends them in the units of a tensor; kept for the unit and centre asked for last, so that chunks with other
  /// sources beside share them.
  /// Errors: corrupt, if they have another number of channels than the centre; those of decoding.
  Status append_fixed(float unit, const std::vector<std::int32_t>& centre, FixedStoredRows& to) const;

 private:
  std::function<Result<StoredRows>()> decode_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const StoredRows> rows_;
  mutable std::mutex fixed_mutex_;
  mutable std::shared_ptr<const RowBlock<std::int32_t>> fixed_;
  mutable float unit_ = 0;
  mutable std::vector<std::int32_t> centre_;
};
using SharedParts = std::vector<std::shared_ptr<const StoredPart>>;

/// The stored rows of chunks of one model that have the same sources. Shared by threads.
class StoredParts {
 public:
  explicit StoredParts(SharedParts parts) : parts_(std::move(parts)) {}

  /// All rows, one part after the other.
  /// Errors: corrupt, if a part has another number of channels; those of decoding.
  Result<std::shared_ptr<const StoredRows>> rows(std::uint32_t channels) const;

  /// The same in the units of a tensor; kept for the unit and centre asked for last.
  /// @param model  that codes the tensor.
  Result<std::shared_ptr<const FixedStoredRows>> rows_for(const TensorHeader& tensor, const CodecModel& model) const;

 private:
  SharedParts parts_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const FixedStoredRows> fixed_;
  mutable float unit_ = 0;
  mutable std::vector<std::int32_t> centre_;
};

}  // namespace actz
