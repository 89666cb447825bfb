#pragma once

#include "fit/rung_fit.hpp"

namespace actz {

/// Bits per value of held-out rows at the wanted NMSE: a fit is tried at units ever nearer to it, and the rest is
/// carried along the line through the last two trials. Infinite if no unit comes near.
double held_out_bits(const RungFit& fit, TrainingRows& rows, const RungOptions& options);

}  // namespace actz
