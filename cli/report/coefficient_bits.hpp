#pragma once

#include <vector>

#include "actz/profile.hpp"

namespace actz::report {

/// Mean code length of each coefficient of a row, in bits, by the tables of the rung that was measured nearest to
/// `nmse`.
/// @param measured_nmse  set to that rung's.
std::vector<double> coefficient_bits(const Profile& profile, double nmse, double& measured_nmse);

}  // namespace actz::report
