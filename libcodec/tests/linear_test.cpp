#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <utility>
#include <vector>

#include "base/cpu_kernel.hpp"
#include "linear/float_linear.hpp"
#include "linear/float_linear_kernels.hpp"
#include "linear/int_linear.hpp"
#include "linear/int_linear_kernels.hpp"

namespace {

using namespace actz;

constexpr std::int32_t kInt32Min = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t kInt32Max = std::numeric_limits<std::int32_t>::max();

/// Selects a kernel, and the best one again at the end of the scope.
class ForcedKernel {
 public:
  explicit ForcedKernel(CpuKernel kernel) { REQUIRE(set_cpu_kernel(kernel)); }
  ~ForcedKernel() { set_cpu_kernel(supported_cpu_kernels().back()); }
  ForcedKernel(const ForcedKernel&) = delete;
  ForcedKernel& operator=(const ForcedKernel&) = delete;
};

std::size_t padded(std::size_t count) { return (count + kLinearPadding - 1) / kLinearPadding * kLinearPadding; }

template <class T>
std::vector<T*> pointers_to(std::vector<std::vector<T>>& rows) {
  std::vector<T*> pointers;
  for (auto& row : rows) pointers.push_back(row.data());
  return pointers;
}

template <class T>
std::vector<const T*> pointers_to(const std::vector<std::vector<T>>& rows) {
  std::vector<const T*> pointers;
  for (const auto& row : rows) pointers.push_back(row.data());
  return pointers;
}

enum class Values { random, lowest, highest, sparse };

std::vector<std::int16_t> int16_values(Values values, std::size_t count, std::mt19937& random) {
  std::vector<std::int16_t> out(count);
  for (auto& value : out) {
    const auto any = static_cast<std::int16_t>(static_cast<std::uint16_t>(random()));
    if (values == Values::random) value = any;
    if (values == Values::lowest) value = -32768;
    if (values == Values::highest) value = 32767;
    if (values == Values::sparse) value = random() % 8 == 0 ? any : std::int16_t{0};
  }
  return out;
}

std::vector<std::int32_t> int32_values(std::size_t count, std::mt19937& random) {
  std::vector<std::int32_t> out(count);
  for (auto& value : out) value = static_cast<std::int32_t>(random());
  return out;
}

std::int32_t wrapped(std::int64_t value) { return static_cast<std::int32_t>(static_cast<std::uint32_t>(value)); }

struct Product {
  std::size_t outputs;
  std::size_t inputs;
  std::size_t batch;
  Values weights;
  Values in;
};

/// Rows are only as long as promised, so that the address sanitizer sees a kernel that reads or writes beyond.
void check_product(const Product& product, std::mt19937& random) {
  const auto weights = int16_values(product.weights, product.outputs * product.inputs, random);
  std::vector<std::vector<std::int16_t>> in;
  std::vector<std::vector<std::int32_t>> acc;
  for (std::size_t g = 0; g < product.batch; ++g) {
    in.push_back(int16_values(product.in, product.inputs + product.inputs % 2, random));
    acc.push_back(int32_values(padded(product.outputs), random));
  }
  auto expected = acc;
  for (std::size_t g = 0; g < product.batch; ++g) {
    for (std::size_t o = 0; o < product.outputs; ++o) {
      std::int64_t sum = acc[g][o];
      for (std::size_t i = 0; i < product.inputs; ++i) sum += std::int64_t{weights[o * product.inputs + i]} * in[g][i];
      expected[g][o] = wrapped(sum);
    }
  }
  const PackedMatrix matrix(product.outputs, product.inputs, weights);
  const auto inputs = pointers_to(std::as_const(in));
  for (const CpuKernel kernel : supported_cpu_kernels()) {
    const ForcedKernel forced(kernel);
    auto actual = acc;
    accumulate(matrix, inputs, pointers_to(actual));
    bool equal = true;
    for (std::size_t g = 0; g < product.batch; ++g) {
      for (std::size_t o = 0; o < product.outputs; ++o) equal = equal && actual[g][o] == expected[g][o];
    }
    CAPTURE(to_string(kernel));
    CAPTURE(product.outputs);
    CAPTURE(product.inputs);
    CAPTURE(product.batch);
    CHECK(equal);
  }
}

TEST_CASE("accumulate_equals_the_sum_modulo_2_to_the_32_at_all_small_sizes") {
  std::mt19937 random(1);
  for (std::size_t size = 1; size <= 70; ++size) {
    const std::size_t batch = 1 + size % 9;
    check_product({size, 1 + size * 37 % 70, batch, Values::random, Values::random}, random);
    check_product({1 + size * 23 % 70, size, 10 - batch, Values::random, Values::sparse}, random);
  }
}

TEST_CASE("accumulate_handles_every_batch") {
  std::mt19937 random(2);
  for (std::size_t batch = 1; batch <= 20; ++batch) {
    check_product({150, 33, batch, Values::random, Values::random}, random);
    check_product({70, 70, batch, Values::random, Values::sparse}, random);
  }
}

TEST_CASE("accumulate_wraps_at_extreme_operands") {
  std::mt19937 random(3);
  for (const Values weights : {Values::lowest, Values::highest}) {
    for (const Values in : {Values::lowest, Values::highest}) {
      for (const std::size_t batch : {1U, 2U, 3U, 5U, 8U, 9U}) check_product({49, 67, batch, weights, in}, random);
    }
  }
}

TEST_CASE("accumulate_handles_more_inputs_than_a_tile") {
  std::mt19937 random(4);
  for (const std::size_t inputs : {1023U, 1024U, 1025U, 2050U, 8192U}) {
    check_product({17, inputs, 3, Values::random, Values::random}, random);
    check_product({5, inputs, 9, Values::random, Values::sparse}, random);
  }
}

TEST_CASE("accumulate_with_nothing_to_add_changes_nothing") {
  std::mt19937 random(5);
  check_product({20, 0, 2, Values::random, Values::random}, random);
  check_product({0, 20, 2, Values::random, Values::random}, random);
  check_product({20, 20, 0, Values::random, Values::random}, random);
}

TEST_CASE("accumulate_ignores_the_element_after_an_odd_number_of_inputs") {
  const PackedMatrix matrix(1, 1, std::vector<std::int16_t>{3});
  const std::vector<std::int16_t> in = {5, -32768};
  for (const CpuKernel kernel : supported_cpu_kernels()) {
    const ForcedKernel forced(kernel);
    std::vector<std::int32_t> acc(kLinearPadding, 7);
    const std::int16_t* const input = in.data();
    std::int32_t* const output = acc.data();
    accumulate(matrix, std::span(&input, 1), std::span(&output, 1));
    CHECK(acc[0] == 22);
  }
}

std::int32_t naive_round_shift(std::int32_t value, unsigned shift) {
  const std::int64_t half = shift == 0 ? 0 : std::int64_t{1} << (shift - 1);
  return wrapped(value + half) >> shift;
}

/// Every shift with values at the edges, then random ones.
void shift_cases(std::vector<std::int32_t>& values, std::vector<std::uint8_t>& shifts) {
  std::mt19937 random(6);
  for (unsigned shift = 0; shift < 32; ++shift) {
    const auto half = static_cast<std::int32_t>((1U << shift) >> 1);
    const std::int32_t last_before_wrap = kInt32Max - half;
    for (const std::int32_t value : {0, 1, -1, kInt32Min, kInt32Max, kInt32Min + 1, kInt32Max - 1, -half,
                                     last_before_wrap, wrapped(std::int64_t{last_before_wrap} + 1), 32767, 32768,
                                     -32768, -32769, static_cast<std::int32_t>(random())}) {
      values.push_back(value);
      shifts.push_back(static_cast<std::uint8_t>(shift));
    }
  }
  while (values.size() < 1000) {
    values.push_back(static_cast<std::int32_t>(random()));
    shifts.push_back(static_cast<std::uint8_t>(random() % 32));
  }
}

/// Shifts the last `count` values: counts below the width of a vector see different ones.
bool shifts_last(std::size_t count, const std::vector<std::int32_t>& values, const std::vector<std::uint8_t>& shifts) {
  const std::size_t first = values.size() - count;
  std::vector<std::int32_t> shifted(values.begin() + static_cast<std::ptrdiff_t>(first), values.end());
  std::vector<std::int16_t> narrow(count);
  round_shift_saturate(shifted.data(), shifts.data() + first, narrow.data(), count);
  round_shift(shifted.data(), shifts.data() + first, count);
  bool equal = true;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int32_t expected = naive_round_shift(values[first + i], shifts[first + i]);
    equal = equal && shifted[i] == expected && narrow[i] == std::clamp(expected, -32768, 32767);
  }
  return equal;
}

TEST_CASE("round_shift_wraps_and_saturation_clamps") {
  std::vector<std::int32_t> values;
  std::vector<std::uint8_t> shifts;
  shift_cases(values, shifts);
  CHECK(naive_round_shift(kInt32Max, 1) == kInt32Min / 2);
  for (const CpuKernel kernel : supported_cpu_kernels()) {
    const ForcedKernel forced(kernel);
    CAPTURE(to_string(kernel));
    for (std::size_t count = 0; count <= 70; ++count) CHECK(shifts_last(count, values, shifts));
    CHECK(shifts_last(values.size(), values, shifts));
  }
}

TEST_CASE("to_float_and_to_double_round_once_per_operation") {
  std::mt19937 random(7);
  auto values = int32_values(211, random);
  auto centre = int32_values(211, random);
  values[0] = kInt32Max;  // the sum wraps
  centre[0] = 1;
  values[1] = (1 << 24) + 1;  // a tie: rounds to even
  centre[1] = 0;
  values[2] = (1 << 24) + 3;
  centre[2] = 0;
  values[3] = kInt32Min;
  centre[3] = -1;
  for (const CpuKernel kernel : supported_cpu_kernels()) {
    const ForcedKernel forced(kernel);
    CAPTURE(to_string(kernel));
    for (const std::size_t count : {0U, 1U, 2U, 7U, 8U, 9U, 15U, 16U, 17U, 31U, 33U, 211U}) {
      std::vector<float> floats(count);
      std::vector<double> doubles(count);
      to_float(values.data(), centre.data(), 0.00123F, floats.data(), count);
      to_double(values.data(), centre.data(), 0.00123, doubles.data(), count);
      bool equal = true;
      for (std::size_t i = 0; i < count; ++i) {
        const std::int32_t sum = wrapped(std::int64_t{values[i]} + centre[i]);
        const volatile float single = static_cast<float>(sum);
        equal = equal && std::bit_cast<std::uint32_t>(floats[i]) == std::bit_cast<std::uint32_t>(single * 0.00123F);
        equal = equal && doubles[i] == static_cast<double>(sum) * 0.00123;
      }
      CHECK(equal);
    }
  }
}

std::vector<float> float_values(std::size_t count, std::mt19937& random) {
  std::vector<float> out(count);
  for (auto& value : out) value = static_cast<float>(static_cast<std::int32_t>(random())) / 1073741824.0F;
  return out;
}

std::uint32_t bits(float value) { return std::bit_cast<std::uint32_t>(value); }

void check_multiply(std::size_t outputs, std::size_t inputs, std::size_t batch, std::mt19937& random) {
  const auto weights = float_values(outputs * inputs, random);
  const FloatMatrix matrix(outputs, inputs, weights);
  std::vector<std::vector<float>> in;
  for (std::size_t g = 0; g < batch; ++g) in.push_back(float_values(inputs, random));
  const auto inputs_of = pointers_to(std::as_const(in));
  for (const CpuKernel kernel : supported_cpu_kernels()) {
    const ForcedKernel forced(kernel);
    std::vector<std::vector<float>> out(batch, std::vector<float>(padded(outputs), -1.0F));
    multiply(matrix, inputs_of, pointers_to(out));
    bool equal = true;
    for (std::size_t g = 0; g < batch; ++g) {
      for (std::size_t o = 0; o < outputs; ++o) {
        float sum = 0;
        for (std::size_t i = 0; i < inputs; ++i) {
          const volatile float product = weights[o * inputs + i] * in[g][i];  // never fused
          sum += product;
        }
        equal = equal && bits(sum) == bits(out[g][o]);
      }
    }
    CAPTURE(to_string(kernel));
    CAPTURE(outputs);
    CAPTURE(inputs);
    CAPTURE(batch);
    CHECK(equal);
  }
}

TEST_CASE("multiply_gives_the_same_bits_on_every_kernel") {
  std::mt19937 random(8);
  for (std::size_t size = 0; size <= 70; ++size) {
    check_multiply(size, 1 + size * 37 % 70, 1 + size % 9, random);
    check_multiply(1 + size * 23 % 70, size, 9 - size % 9, random);
  }
}

struct GramCase {
  std::size_t cols_a;
  std::size_t cols_b;
  std::size_t rows;
};

void check_gram(const GramCase& size, std::mt19937& random) {
  const std::size_t stride_a = size.cols_a + size.rows % 3;
  const std::size_t stride_b = size.cols_b + 1;
  // The last row ends with its last column.
  const auto a = float_values((size.rows - 1) * stride_a + size.cols_a, random);
  const auto b = float_values((size.rows - 1) * stride_b + size.cols_b, random);
  std::vector<double> first(size.cols_a * size.cols_b, 1.0);
  accumulate_gram(a.data(), stride_a, size.cols_a, b.data(), stride_b, size.cols_b, size.rows, first.data());
  CAPTURE(size.cols_a);
  CAPTURE(size.cols_b);
  CAPTURE(size.rows);
  bool close = true;
  for (std::size_t i = 0; i < size.cols_a; ++i) {
    for (std::size_t j = 0; j < size.cols_b; ++j) {
      double sum = 1;
      for (std::size_t r = 0; r < size.rows; ++r) sum += double{a[r * stride_a + i]} * double{b[r * stride_b + j]};
      close = close && std::abs(sum - first[i * size.cols_b + j]) < 1e-6 * static_cast<double>(size.rows);
    }
  }
  CHECK(close);
  for (const CpuKernel kernel : supported_cpu_kernels()) {
    const ForcedKernel forced(kernel);
    std::vector<double> gram(size.cols_a * size.cols_b, 1.0);
    accumulate_gram(a.data(), stride_a, size.cols_a, b.data(), stride_b, size.cols_b, size.rows, gram.data());
    CAPTURE(to_string(kernel));
    CHECK(gram == first);
  }
}

TEST_CASE("gram_is_close_to_binary64_and_the_same_on_every_kernel") {
  std::mt19937 random(9);
  for (std::size_t size = 1; size <= 70; ++size) check_gram({size, 1 + size * 23 % 70, 1 + size * 37 % 70}, random);
  for (const std::size_t rows : {255U, 256U, 257U, 512U, 700U}) check_gram({33, 41, rows}, random);
}

TEST_CASE("gram_sums_256_rows_in_binary32_then_adds_in_binary64") {
  // 2^24 + 1 is lost in binary32 within a block, kept across blocks.
  std::vector<float> a(257, 0.0F);
  const std::vector<float> b(257, 1.0F);
  a[0] = 16777216.0F;
  a[1] = 1.0F;
  a[256] = 1.0F;
  for (const CpuKernel kernel : supported_cpu_kernels()) {
    const ForcedKernel forced(kernel);
    double gram = 0;
    accumulate_gram(a.data(), 1, 1, b.data(), 1, 1, 257, &gram);
    CHECK(gram == 16777217.0);
  }
}

TEST_CASE("gram_of_rows_with_themselves_is_symmetric") {
  std::mt19937 random(10);
  const auto a = float_values(300 * 40, random);
  for (const CpuKernel kernel : supported_cpu_kernels()) {
    const ForcedKernel forced(kernel);
    std::vector<double> gram(40 * 40);
    accumulate_gram(a.data(), 40, 40, a.data(), 40, 40, 300, gram.data());
    bool symmetric = true;
    for (std::size_t i = 0; i < 40; ++i) {
      for (std::size_t j = 0; j < 40; ++j) symmetric = symmetric && gram[i * 40 + j] == gram[j * 40 + i];
    }
    CHECK(symmetric);
  }
}

TEST_CASE("each_kernel_has_functions_of_its_own_and_the_forced_one_is_used") {
  const auto kernels = supported_cpu_kernels();
  for (const CpuKernel kernel : kernels) {
    const ForcedKernel forced(kernel);
    CHECK(active_cpu_kernel() == kernel);
    for (const CpuKernel other : kernels) {
      if (other == kernel) continue;
      const IntLinearKernels& ours = int_linear_kernels(kernel);
      const IntLinearKernels& theirs = int_linear_kernels(other);
      CHECK((ours.accumulate != theirs.accumulate));
      CHECK((ours.round_shift != theirs.round_shift));
      CHECK((ours.round_shift_saturate != theirs.round_shift_saturate));
      CHECK((ours.to_float != theirs.to_float));
      CHECK((ours.to_double != theirs.to_double));
      CHECK((float_linear_kernels(kernel).multiply != float_linear_kernels(other).multiply));
      CHECK((float_linear_kernels(kernel).gram_block != float_linear_kernels(other).gram_block));
    }
  }
}

}  // namespace
