#pragma once

#include "actz/archive.hpp"
#include "actz/c/writer.h"

namespace actz::c_abi {

/// The library's options from the caller's; `profile` is borrowed from the handle. Errors: bad_argument.
Result<EncodeOptions> read_encode_options(const actz_encode_options* given);

}  // namespace actz::c_abi
