#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

#include "quantize/enc_uniform_kernels.hpp"

using namespace actz;

namespace {

std::vector<std::int16_t> quantized(const UniformQuantizer& quantizer, const std::vector<float>& coefficients) {
  std::vector<std::int16_t> out(coefficients.size());
  const float* const from = coefficients.data();
  std::int16_t* const to = out.data();
  quantizer.quantize({&from, 1}, {&to, 1});
  return out;
}

}  // namespace

TEST_CASE("uniform_decisions_are_the_same_on_every_kernel") {
  std::mt19937 random(7);
  std::normal_distribution<float> normal(0.0F, 1.0F);
  for (std::size_t count = 0; count <= 50; ++count) {
    for (const float spread : {0.4F, 2.0F, 60.0F, 30000.0F}) {
      std::vector<float> coefficients(count);
      for (float& value : coefficients) value = spread * normal(random);
      if (count > 3) coefficients[3] = -0.0F;
      if (count > 5) coefficients[4] = std::numeric_limits<float>::quiet_NaN();
      if (count > 5) coefficients[5] = -std::numeric_limits<float>::infinity();
      const UniformQuantizer quantizer(RateTable::geometric(count), std::vector<float>(count, 1.5F), 0.2F);
      REQUIRE(set_cpu_kernel(CpuKernel::scalar));
      const auto expected = quantized(quantizer, coefficients);
      for (const CpuKernel kernel : supported_cpu_kernels()) {
        REQUIRE(set_cpu_kernel(kernel));
        CHECK(quantized(quantizer, coefficients) == expected);
      }
    }
  }
}

TEST_CASE("uniform_decisions_lower_the_cost") {
  const UniformQuantizer quantizer(RateTable::geometric(4), std::vector<float>(4, 1.0F), 0.2F);
  // A step of magnitude costs 1.2 bits, so 0.24 of distortion: 0.6 is nearer to 1 by 0.2 only, 0.9 by 0.8.
  CHECK(quantized(quantizer, {0.6F, 0.9F, -0.6F, -0.9F}) == std::vector<std::int16_t>{0, 1, 0, -1});
}

TEST_CASE("a_row_with_a_slope_is_decided_as_by_a_uniform_quantizer_of_that_lambda") {
  std::mt19937 random(5);
  std::normal_distribution<float> normal(0.0F, 2.0F);
  std::vector<float> coefficients(45);
  for (float& value : coefficients) value = normal(random);
  const CpuKernel before = active_cpu_kernel();
  for (const CpuKernel kernel : supported_cpu_kernels()) {
    REQUIRE(set_cpu_kernel(kernel));
    for (const float slope : {0.25F, 1.0F, 8.0F}) {
      const UniformQuantizer base(RateTable::geometric(45), std::vector<float>(45, 1.0F), 0.25F);
      const UniformQuantizer other(RateTable::geometric(45), std::vector<float>(45, 1.0F), 0.25F * slope);
      std::vector<std::int16_t> levels(45);
      const float* const from = coefficients.data();
      std::int16_t* const to = levels.data();
      base.quantize({&from, 1}, {&to, 1}, {}, {&slope, 1});
      CHECK(levels == quantized(other, coefficients));
    }
  }
  set_cpu_kernel(before);
}

TEST_CASE("uniform_without_lambda_rounds_to_nearest_and_saturates") {
  const UniformQuantizer quantizer(RateTable::geometric(5), std::vector<float>(5, 1.0F), 0.0F);
  CHECK(quantized(quantizer, {0.49F, 0.51F, -1.7F, 1e9F, -1e9F}) == std::vector<std::int16_t>{0, 1, -2, 32767, -32767});
}

TEST_CASE("each_kernel_of_the_uniform_quantizer_is_its_own") {
  CHECK((select_uniform_kernel(CpuKernel::scalar) == uniform_scalar));
#if defined(__x86_64__)
  CHECK((select_uniform_kernel(CpuKernel::avx2) == uniform_avx2));
  CHECK((select_uniform_kernel(CpuKernel::avx512) == uniform_avx512));
#endif
}
