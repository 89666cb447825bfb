#pragma once

#include "fit/training_rows.hpp"

namespace actz {

/// Bits per value of an ideal coder that rounds values to uniform steps and knows the histogram of each channel: what
/// rows are worth without prediction and transform, roughly, and in next to no time.
/// @param strands  of `rows`; some of their rows are looked at.
/// @param nmse     error that the step is to make, about.
double histogram_bits(const TrainingRows& rows, const std::vector<Strand>& strands, double nmse);

}  // namespace actz
