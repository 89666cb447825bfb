#pragma once

#include "fit/trial.hpp"

namespace actz {

/// Up to here the unit is found on a smaller sample, with fewer trials
inline constexpr unsigned kFastEffort = 2;
/// From here on samples grow until the target is met to half a percent, and more is tried
inline constexpr unsigned kThoroughEffort = 4;
/// From here on paths reckon with their own contexts, and training takes more turns
inline constexpr unsigned kExactEffort = 7;

/// How thoroughly an encoder decides.
/// @param metric  may be empty; must outlive what is made of the result.
inline DecisionOptions decisions_of_effort(unsigned effort, const TaskMetric& metric) {
  return {.contexts = effort >= kExactEffort ? TrellisContexts::of_each_path
                      : effort > kFastEffort ? TrellisContexts::of_each_quantizer
                                             : TrellisContexts::of_best_path,
          .metric = metric.empty() ? nullptr : &metric,
          .coarse_analysis = effort <= kFastEffort,
          .look_ahead = effort > kFastEffort};
}

}  // namespace actz
