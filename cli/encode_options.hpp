#pragma once

#include <optional>
#include <string>

#include "actz/archive.hpp"
#include "command_line.hpp"

namespace actz::cli {

/// The options that choose how tensors are encoded, shared by encode and bench.
void add_encode_options(Verb& verb);

/// All of them but --profile.
std::optional<Failure> read_encode_options(const Verb& verb, EncodeOptions& options);

}  // namespace actz::cli
