#pragma once

#include "fit/rung_fit.hpp"

namespace actz {

/// What low rates may do without. Where few levels are not zero, tables for two quantisers and predictions from several
/// noisy rows can cost more than they save: a rung is fitted again with 4 states instead of 8 if
/// `options.choose_states`, and with every shorter beginning of its lags; the fit of fewest bits on held-out rows at
/// equal NMSE is kept. Above some rate nothing is tried: there the richer codec has never lost.
/// @param first  the fit with these options.
RungFit choose_for_low_rate(RungFit first, TrainingRows& rows, const std::vector<double>& centre,
                            const RungOptions& options);

}  // namespace actz
