#pragma once

#include <cstddef>

#include "fit/rung_fit.hpp"
#include "fit/training_stored_rows.hpp"

namespace actz {

/// Adds a network to the predictor of a trained rung, if on held-out rows it pays.
/// @param rows        its unit is changed on the way.
/// @param hidden      width of the network.
/// @param dictionary  that the rung uses, or null.
RungFit fit_network(TrainingRows& rows, RungFit rung, const RungOptions& options, std::size_t hidden,
                    const TrainingStoredRows* dictionary);

}  // namespace actz
