#pragma once

#include <optional>

#include "actz/profile.hpp"
#include "report/report_data.hpp"

namespace actz::report {

struct CollectOptions {
  const Profile* profile = nullptr;                ///< borrowed; may be null
  std::optional<std::vector<std::uint16_t>> lags;  ///< of the self-fitted codec
  unsigned threads = 1;
};

/// Measures actz over the ladder, and zstd and integers beside it. Throws bench::Failed.
TensorPart measure_tensor(const Tensor& tensor, const CollectOptions& options);

}  // namespace actz::report
