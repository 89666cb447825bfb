#pragma once

#include <string>
#include <vector>

#include "actz/profile.hpp"
#include "link.hpp"
#include "llama.hpp"

/// Serves one connection: decodes packets, runs the layers after the split, and answers with the next token of each
/// row. The first thing that is wrong with what arrives ends it: the error is returned, and nothing else is sent.
actz::Status serve(Link& link, const Llama& model, const std::vector<actz::Profile>& profiles);
