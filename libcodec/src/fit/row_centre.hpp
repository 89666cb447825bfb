#pragma once

#include <vector>

#include "fit/training_rows.hpp"

namespace actz {

/// Where rows that are to be coded are best centred: on the mean of each channel, or on the value that a good part of
/// the channel has exactly, as the zeros of ReLU, of causal attention and of padding are. That value is then level 0 at
/// every step, and costs next to nothing.
/// @param rows  as they are, of unit 1; centred here. What is not finite becomes the mean.
/// @return the centre of each channel.
std::vector<double> centre_rows(TrainingRows& rows);

}  // namespace actz
