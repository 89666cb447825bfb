#pragma once

#include <optional>
#include <string_view>
#include <vector>

/// Which instruction set the kernels use. All give the same bytes; the scalar code is the definition.

namespace actz {

enum class CpuKernel { scalar, avx2, avx512 };

std::string_view to_string(CpuKernel kernel);
std::optional<CpuKernel> cpu_kernel_from_string(std::string_view word);

/// Kernels this CPU can run, slowest first; always contains scalar.
/// avx512 stands for F, BW, DQ, VL, VBMI2 and VNNI together.
std::vector<CpuKernel> supported_cpu_kernels();

/// The kernel in use: the best supported one, or the one named by the environment variable
/// ACTZ_FORCE_KERNEL (scalar, avx2, avx512) if supported, or the last set_cpu_kernel().
CpuKernel active_cpu_kernel();

/// For tests: selects a kernel for the whole process. Returns false if the CPU lacks it.
bool set_cpu_kernel(CpuKernel kernel);

}  // namespace actz
