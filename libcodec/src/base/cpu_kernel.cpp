#include "base/cpu_kernel.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <utility>

namespace actz {
namespace {

constexpr std::array<std::pair<CpuKernel, std::string_view>, 3> kKernelWords = {{
    {CpuKernel::scalar, "scalar"},
    {CpuKernel::avx2, "avx2"},
    {CpuKernel::avx512, "avx512"},
}};

bool is_supported(CpuKernel kernel) {
  const auto supported = supported_cpu_kernels();
  return std::find(supported.begin(), supported.end(), kernel) != supported.end();
}

CpuKernel initial_cpu_kernel() {
  if (const char* const word = std::getenv("ACTZ_FORCE_KERNEL")) {
    const auto forced = cpu_kernel_from_string(word);
    if (forced && is_supported(*forced)) return *forced;
  }
  return supported_cpu_kernels().back();
}

std::atomic<CpuKernel>& active_kernel() {
  static std::atomic<CpuKernel> kernel{initial_cpu_kernel()};
  return kernel;
}

}  // namespace

std::string_view to_string(CpuKernel kernel) {
  for (const auto& [known, word] : kKernelWords) {
    if (known == kernel) return word;
  }
  return "unknown";
}

std::optional<CpuKernel> cpu_kernel_from_string(std::string_view word) {
  for (const auto& [kernel, known] : kKernelWords) {
    if (known == word) return kernel;
  }
  return std::nullopt;
}

std::vector<CpuKernel> supported_cpu_kernels() {
  std::vector<CpuKernel> kernels = {CpuKernel::scalar};
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi")) {
    kernels.push_back(CpuKernel::avx2);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi2") &&
        __builtin_cpu_supports("avx512vnni")) {
      kernels.push_back(CpuKernel::avx512);
    }
  }
#endif
  return kernels;
}

CpuKernel active_cpu_kernel() { return active_kernel().load(std::memory_order_relaxed); }

bool set_cpu_kernel(CpuKernel kernel) {
  if (!is_supported(kernel)) return false;
  active_kernel().store(kernel, std::memory_order_relaxed);
  return true;
}

}  // namespace actz
