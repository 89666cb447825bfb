#pragma once

#include <optional>
#include <string>

#include "command_line.hpp"
#include "report/collect.hpp"

namespace actz::report {

/// What `actz bench --report` was asked for.
struct Request {
  std::vector<std::string> inputs;
  std::string output;
  std::string peers;   ///< JSON of bench_tensor, or empty
  std::string losses;  ///< JSON of task losses, or empty
  bool overwrite = false;
  CollectOptions collect;
};

/// Measures and writes the page.
std::optional<cli::Failure> write_report(const Request& request, const cli::Verb& verb);

}  // namespace actz::report
