#pragma once

#include <vector>

#include "fit/rung_fit.hpp"

namespace actz {

/// Adds matched rows to a trained rung, if that pays on the training rows: gains, classes and what goes with them are
/// learned by coding the rows, in a few rounds, starting from what the rung knows.
/// Where rows repeat so nearly that their matches leave little but noise, those that do are coded at a slope of their
/// own.
/// @param rows     centred on `centre`, as fit_rung left them.
/// @param rung     without matches.
/// @param options  with which it was fitted.
/// @param dictionary  to match rows with, too, where that needs fewer bits; null: none.
RungFit fit_matches(TrainingRows& rows, const std::vector<double>& centre, RungFit rung, const RungOptions& options,
                    const TrainingStoredRows* dictionary = nullptr);

}  // namespace actz
