#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "actz/profile.hpp"
#include "llama.hpp"

/// A profile of what a model makes of a text after some layers, in windows of so many tokens.
/// @param match_rows  as in actz::FitOptions: fewer bits, slower packets.
/// Errors: bad_argument, if the text is shorter than a window.
actz::Result<actz::Profile> learn_profile(const Llama& model, std::uint32_t layers,
                                          std::span<const std::uint32_t> tokens, std::size_t window,
                                          const std::vector<double>& nmse, bool match_rows);
