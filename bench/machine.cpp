#include "machine.hpp"

#include <sys/utsname.h>

#include <fstream>
#include <thread>

#include "base/cpu_kernel.hpp"

namespace actz::bench {
namespace {

std::string cpu_name() {
  std::ifstream lines("/proc/cpuinfo");
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

}  // namespace

Machine this_machine() {
  utsname names{};
  uname(&names);
  Machine out;
  out.system = std::string(names.sysname) + " " + names.machine;
  out.cpu = cpu_name();
  out.processors = std::thread::hardware_concurrency();
  const auto kernels = supported_cpu_kernels();
  if (!kernels.empty()) out.kernel = std::string(to_string(kernels.back()));
  out.compiler = ACTZ_COMPILER;
  out.commit = ACTZ_COMMIT;
  return out;
}

}  // namespace actz::bench
