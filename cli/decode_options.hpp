#pragma once

#include <optional>

#include "actz/archive.hpp"
#include "command_line.hpp"

namespace actz::cli {

/// Options of verbs that read .actz files.
void add_decode_options(Verb& verb);

/// Reads them, and the profiles that they name.
std::optional<Failure> read_decode_options(const Verb& verb, DecodeOptions& options);

/// Options that say what the metadata of a file is to say, for verbs that read no more of it.
void add_require_option(Verb& verb);
std::optional<Failure> read_require_option(const Verb& verb, std::vector<Requirement>& required);

}  // namespace actz::cli
