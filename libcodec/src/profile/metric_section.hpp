#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "actz/result.hpp"
#include "transform/enc_task_metric.hpp"

namespace actz {

/// Payload of the METRIC section of a profile (format_spec/02_container.md): the metric its models were learned in. An
/// encoder needs it to decide; decoders skip it unread.
std::vector<std::byte> write_metric(const TaskMetric& metric, std::uint32_t channels);

/// @param payload  empty: a profile without a metric, which gives an empty one.
/// Errors: corrupt (R-PROF-10: other channels, wrong length, not positive definite).
Result<TaskMetric> read_metric(std::span<const std::byte> payload, std::uint32_t channels);

}  // namespace actz
