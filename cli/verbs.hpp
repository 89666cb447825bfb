#pragma once

#include "command_line.hpp"

namespace actz::cli {

/// The verbs of the program. Each parses its own arguments and returns an exit code.
int run_fit(const Arguments& arguments);
int run_encode(const Arguments& arguments);
int run_append(const Arguments& arguments);
int run_decode(const Arguments& arguments);
int run_info(const Arguments& arguments);
int run_verify(const Arguments& arguments);
int run_recover(const Arguments& arguments);
int run_eval(const Arguments& arguments);
int run_cat(const Arguments& arguments);
int run_bounds(const Arguments& arguments);
int run_bench(const Arguments& arguments);

}  // namespace actz::cli
