#include "pipeline/stored_parts.hpp"

#include "base/try.hpp"
#include "container/scaled_centre.hpp"

namespace actz {
namespace {

Status check_channels(const StoredRows& rows, std::size_t channels) {
  if (rows.channels == channels) return {};
  return Error{ErrorCode::corrupt, Error::kNoOffset,
               "the dictionary has another number of channels than the model"};  // R-DICT-04
}

}  // namespace

Result<std::shared_ptr<const StoredRows>> StoredPart::rows() const {
  const std::lock_guard lock(mutex_);
  if (rows_ == nullptr) {
    ACTZ_TRY(auto rows, decode_());
    rows_ = std::make_shared<const StoredRows>(std::move(rows));
  }
  return rows_;
}

Status StoredPart::append_fixed(float unit, const std::vector<std::int32_t>& centre, FixedStoredRows& to) const {
  ACTZ_TRY(const auto own, rows());
  ACTZ_CHECK(check_channels(*own, centre.size()));
  const std::lock_guard lock(fixed_mutex_);
  if (fixed_ == nullptr || unit_ != unit || centre_ != centre) {
    fixed_ = std::make_shared<const RowBlock<std::int32_t>>(fixed_rows(*own, unit, centre));
    unit_ = unit;
    centre_ = centre;
  }
  to.append(fixed_, own->position);
  return {};
}

Result<std::shared_ptr<const StoredRows>> StoredParts::rows(std::uint32_t channels) const {
  auto all = std::make_shared<StoredRows>();
  all->channels = channels;
  for (const auto& part : parts_) {
    ACTZ_TRY(auto rows, part->rows());
    ACTZ_CHECK(check_channels(*rows, channels));
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
    auto rows = std::make_shared<FixedStoredRows>();
    for (const auto& part : parts_) ACTZ_CHECK(part->append_fixed(tensor.unit, centre, *rows));
    fixed_ = std::move(rows);
    unit_ = tensor.unit;
    centre_ = std::move(centre);
  }
  return fixed_;
}

}  // namespace actz
