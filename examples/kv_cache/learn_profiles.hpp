#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "actz/profile.hpp"
#include "llama.hpp"

/// Profiles of each layer's keys, then values, in turn, learned from windows of a text.
/// Errors: bad_argument, if the text is shorter than a window.
actz::Result<std::vector<actz::Profile>> learn_profiles(const Llama& model, std::span<const std::uint32_t> tokens,
                                                        std::size_t window, double nmse);

/// PREFIX0.k.actp, PREFIX0.v.actp, PREFIX1.k.actp …
std::string profile_path(const std::string& prefix, std::size_t number);
