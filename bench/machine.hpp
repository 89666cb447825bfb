#pragma once

#include <string>

namespace actz::bench {

/// Where and with what was measured.
struct Machine {
  std::string system;  ///< kernel and architecture
  std::string cpu;
  unsigned processors = 0;
  std::string kernel;  ///< widest kernel of actz on this CPU
  std::string compiler;
  std::string commit;
};

Machine this_machine();

}  // namespace actz::bench
