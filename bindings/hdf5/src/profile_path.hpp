#pragma once

#include <string>

#include "actz/profile.hpp"
#include "actz/result.hpp"

namespace actz::hdf5 {

/// The profile whose .actp file has this SHA-256: DIGEST.actp in one of the directories of ACTZ_PROFILE_PATH, which
/// are separated by colons. Read once for each process. Callable from several threads.
/// Errors: io (there is none, the message names digest and variable), bad_argument (a file of this name is another
/// profile), and those of Profile::parse.
Result<Profile> find_profile(const std::string& digest);

}  // namespace actz::hdf5
