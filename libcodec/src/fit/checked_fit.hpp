#pragma once

#include <vector>

#include "fit/rung_fit.hpp"

namespace actz {

/// Keeps a part of the rows apart to measure on where none is yet: whole strands where there are several, else the last
/// rows of the only one. Less than two rows stay as they are.
void hold_out(TrainingRows& rows);

/// fit_rung, checked on held-out strands where rows are few or sparse: there a codec without lags and transform is
/// fitted too, and the one that needs fewer bits for the wanted error is kept; of few rows it learns again from all.
/// Where rows are many, simpler codecs for low rates are tried (choose_for_low_rate).
RungFit fit_checked_rung(TrainingRows& rows, const std::vector<double>& centre, const RungOptions& options);

}  // namespace actz
