#pragma once

#include "actz/c/profile.h"
#include "actz/profile.hpp"

namespace actz::c_abi {

/// The trainer's options from the caller's; what one option entails for others is as in the program. Errors:
/// bad_argument.
Result<FitOptions> read_fit_options(const actz_fit_options& from);

}  // namespace actz::c_abi
