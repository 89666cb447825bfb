#pragma once

#include <string>

#include "report/report_data.hpp"

namespace actz::report {

/// Codecs at the headline's error, those without a choice of error, and lossless ones; rates as bars.
std::string comparison_table(const TensorPart& part);

/// Every measurement.
std::string full_table(const TensorPart& part);

/// Rates and losses of all places.
std::string loss_table(const std::vector<LossPoint>& losses);

}  // namespace actz::report
