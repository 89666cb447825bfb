#pragma once

#include <vector>

#include "fit/rung_fit.hpp"

namespace actz {

/// Per channel, how far from the centre of the rows its values crowd without being equal, as those of GELU and softmax
/// do near 0: a place in the shortest interval that holds a quarter of them, if that is far shorter than a deviation.
/// What lies there is level 0 at every step if it is the centre; off it, its level depends on the step.
/// @param rows  centred.
/// @return in values; 0 where a channel does not crowd, or crowds at its centre. Empty if few channels crowd elsewhere.
std::vector<double> crowd_offsets(const TrainingRows& rows);

/// Centres rows anew.
/// @param centre  of each channel, in values; moved by the offsets.
void centre_on_crowds(const std::vector<double>& offsets, TrainingRows& rows, std::vector<double>& centre);

/// A transform leaves nothing of crowds: where values crowd, tries a rung of channels alone, centred on the crowds, and
/// keeps the one that needs clearly fewer bits on held-out rows.
/// @param match_rows  whether the rung may match rows (fit_matches).
RungFit choose_for_crowds(RungFit best, TrainingRows& rows, const std::vector<double>& centre,
                          const RungOptions& options, bool match_rows);

}  // namespace actz
