#pragma once

#include <cstddef>
#include <cstdint>

#include "base/cpu_kernel.hpp"
#include "quantize/enc_uniform.hpp"

/// The loop behind UniformQuantizer, for one row. Sums and comparisons are the same in every kernel.

namespace actz {

using UniformKernel = void (*)(const UniformQuantizer::Tables& tables, const float* coefficients, std::int16_t* levels);

inline constexpr float kLargestLevel = 32767.0F;

/// The definition, from a first coefficient on.
void uniform_from(const UniformQuantizer::Tables& tables, std::size_t first, const float* coefficients,
                  std::int16_t* levels);

void uniform_scalar(const UniformQuantizer::Tables& tables, const float* coefficients, std::int16_t* levels);
#if defined(__x86_64__)
void uniform_avx2(const UniformQuantizer::Tables& tables, const float* coefficients, std::int16_t* levels);
void uniform_avx512(const UniformQuantizer::Tables& tables, const float* coefficients, std::int16_t* levels);
#endif
UniformKernel select_uniform_kernel(CpuKernel kernel);

}  // namespace actz
