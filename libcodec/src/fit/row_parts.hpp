#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "fit/training_rows.hpp"

namespace actz {

/// Factor for each row that leaves none with more than some hundred times the median energy.
std::vector<float> tempering_scales(const TrainingRows& rows);

/// Largest magnitude of each channel, in values.
std::vector<double> channel_peaks(const TrainingRows& rows);

/// A sixth of the strands, or more where those are few: every so many-th, from the `turn`-th on.
std::vector<Strand> part_of(const std::vector<Strand>& strands, std::size_t turn);

/// Copies the rows of a strand from one array of all rows to another.
void copy_rows(const std::vector<std::int16_t>& from, const Strand& strand, std::size_t width,
               std::vector<std::int16_t>& to);

}  // namespace actz
