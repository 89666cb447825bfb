#pragma once

#include <vector>

#include "fit/training_rows.hpp"

namespace actz {

/// Where rows that are to be coded are best centred: on the mean of each channel, or on a place at which its values
/// crowd, as those of ReLU, GELU and softmax do near 0, and zeros of causal attention and of padding. What lies there
/// is then level 0 at every step, and costs little; off the centre its level would depend on the step.
/// @param rows  as they are, of unit 1; centred here. What is not finite becomes the mean.
/// @return the centre of each channel.
std::vector<double> centre_rows(TrainingRows& rows);

}  // namespace actz
