#pragma once

#include <string>
#include <vector>

#include "machine.hpp"
#include "tensor_runs.hpp"

namespace actz::bench {

/// Everything measured, as JSON; `actz bench --report --peers` and summarise.py read it.
std::string results_as_json(const Machine& machine, const Settings& settings,
                            const std::vector<TensorOutcomes>& tensors);

/// A markdown table for each tensor.
std::string results_as_markdown(const std::vector<TensorOutcomes>& tensors);

}  // namespace actz::bench
