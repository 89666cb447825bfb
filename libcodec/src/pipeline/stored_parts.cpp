#include "pipeline/stored_parts.hpp"

#include "base/try.hpp"
#include "container/scaled_centre.hpp"

namespace actz {

Result<std::shared_ptr<const StoredRows>> StoredPart::rows() const {
  const std::lock_guard lock(mutex_);
  if (rows_ == nullptr) {
    ACTZ_TRY(auto rows, decode_());
    rows_ = std::make_shared<const StoredRows>(std::move(rows));
  }
  return rows_;
}

Result<std::shared_ptr<const StoredRows>> StoredParts::rows(std::uint32_t channels) const {
  auto all = std::make_shared<StoredRows>();
  all->channels = channels;
  for (const auto& part : parts_) {
    ACTZ_TRY(auto rows, part->rows());
    if (rows->channels != channels) {  // R-DICT-04
      return Error{ErrorCode::corrupt, Error::kNoOffset,
                   "the dictionary has another number of channels than the model"};
    }
    if (parts_.size() == 1) return rows;
    all->values.insert(all->values.end(), rows->values.begin(), rows->values.end());
    all->position.insert(all->position.end(), rows->position.begin(), rows->position.end());
  }
  return std::shared_ptr<const StoredRows>(std::move(all));
}

Result<std::shared_ptr<const FixedStoredRows>> StoredParts::rows_for(const TensorHeader& tensor,
                                                                     const CodecModel& model) const {
  std::vector<std::int32_t> centre = scaled_centre(model, tensor.centre_scale);
  const std::lock_guard lock(mutex_);
  if (fixed_ == nullptr || unit_ != tensor.unit || centre_ != centre) {
    ACTZ_TRY(const auto rows, this->rows(model.channels));
    fixed_ = std::make_shared<const FixedStoredRows>(*rows, tensor.unit, centre);
    unit_ = tensor.unit;
    centre_ = std::move(centre);
  }
  return fixed_;
}

}  // namespace actz
