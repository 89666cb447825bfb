#include "machine.hpp"

#include <sys/utsname.h>

#include <thread>

#include "measure/cpu.hpp"

namespace actz::bench {

Machine this_machine() {
  utsname names{};
  uname(&names);
  Machine out;
  out.system = std::string(names.sysname) + " " + names.machine;
  out.cpu = cpu_name();
  out.processors = std::thread::hardware_concurrency();
  out.kernel = widest_kernel();
  out.compiler = ACTZ_COMPILER;
  out.commit = ACTZ_COMMIT;
  return out;
}

}  // namespace actz::bench
