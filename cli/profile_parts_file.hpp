#pragma once

#include <string>

#include "actz/profile_parts.hpp"

namespace actz::cli {

/// Reads the parts of a profile from an .npz of these arrays, of any number type:
///   centre [channels]; synthesis [channels, coefficients] or absent; steps [coefficients];
///   lags [lags], prediction [channels, lags · channels], peaks [channels] or all absent;
///   lowest [tables], raw_bits [tables] or absent, frequencies [tables, symbols], each row padded with zeros at its
///   end; class_of [coefficients]; nmse [1], bits_per_value [1] or absent.
/// What they mean: actz/profile_parts.hpp. The sum of a table gives precision_bits.
/// Errors: those of reading; bad_argument for an array that is missing, unknown, of another shape or not of integers
/// where these are wanted.
Result<ProfileParts> read_profile_parts(const std::string& path);

}  // namespace actz::cli
