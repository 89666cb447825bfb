#include "measure/cpu.hpp"

#include <fstream>

#include "base/cpu_kernel.hpp"

namespace actz::bench {

std::string cpu_name() {
  std::ifstream lines("/proc/cpuinfo");
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown processor";
}

std::string widest_kernel() {
  const auto kernels = supported_cpu_kernels();
  return kernels.empty() ? "scalar" : std::string(to_string(kernels.back()));
}

}  // namespace actz::bench
