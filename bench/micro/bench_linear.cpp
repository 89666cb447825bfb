#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "base/cpu_kernel.hpp"
#include "linear/aligned_vector.hpp"
#include "linear/float_linear.hpp"
#include "linear/int_linear.hpp"

/// Speed of the matrix kernels. Bytes per second count the f32 outputs of the product, items the multiply-adds.

namespace {

using namespace actz;

std::size_t padded(std::size_t count) { return (count + kLinearPadding - 1) / kLinearPadding * kLinearPadding; }

/// Aligned, padded rows with pointers to them.
template <class T>
struct Rows {
  Rows(std::size_t rows, std::size_t columns) : cells(rows * padded(columns)) {
    for (std::size_t row = 0; row < rows; ++row) pointers.push_back(cells.data() + row * padded(columns));
  }
  AlignedVector<T> cells;
  std::vector<T*> pointers;
};

std::vector<std::int16_t> random_weights(std::size_t count) {
  std::mt19937 random(1);
  std::vector<std::int16_t> weights(count);
  for (auto& weight : weights) weight = static_cast<std::int16_t>(static_cast<std::uint16_t>(random()));
  return weights;
}

/// Two lags and the synthesis of one row, `zeros_percent` of the symbols being 0.
void rows_of_closed_loop(benchmark::State& state, CpuKernel kernel) {
  const auto width = static_cast<std::size_t>(state.range(0));
  const auto batch = static_cast<std::size_t>(state.range(1));
  const auto zeros_percent = static_cast<unsigned>(state.range(2));
  set_cpu_kernel(kernel);
  std::mt19937 random(2);
  const PackedMatrix matrices[3] = {PackedMatrix(width, width, random_weights(width * width)),
                                    PackedMatrix(width, width, random_weights(width * width)),
                                    PackedMatrix(width, width, random_weights(width * width))};
  std::vector<Rows<std::int16_t>> inputs(3, Rows<std::int16_t>(0, 0));
  for (std::size_t m = 0; m < 3; ++m) {
    inputs[m] = Rows<std::int16_t>(batch, width);
    for (auto& cell : inputs[m].cells) {
      const bool is_zero = m == 2 && random() % 100 < zeros_percent;
      cell = is_zero ? std::int16_t{0} : static_cast<std::int16_t>(random() % 1000 + 1);
    }
  }
  Rows<std::int32_t> acc(batch, width);
  for (auto _ : state) {
    for (std::size_t m = 0; m < 3; ++m) {
      const std::vector<const std::int16_t*> in(inputs[m].pointers.begin(), inputs[m].pointers.end());
      accumulate(matrices[m], in, acc.pointers);
    }
    benchmark::DoNotOptimize(acc.cells.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(width * batch * 4));
}

void float_multiply(benchmark::State& state, CpuKernel kernel) {
  const auto width = static_cast<std::size_t>(state.range(0));
  const auto batch = static_cast<std::size_t>(state.range(1));
  set_cpu_kernel(kernel);
  std::vector<float> weights(width * width, 0.5F);
  const FloatMatrix matrix(width, width, weights);
  Rows<float> in(batch, width);
  Rows<float> out(batch, width);
  const std::vector<const float*> inputs(in.pointers.begin(), in.pointers.end());
  for (auto _ : state) {
    multiply(matrix, inputs, out.pointers);
    benchmark::DoNotOptimize(out.cells.data());
    benchmark::ClobberMemory();
  }
  const auto products = static_cast<std::int64_t>(width * width * batch);
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(width * batch * 4));
  state.counters["flops"] =
      benchmark::Counter(static_cast<double>(state.iterations() * products * 2), benchmark::Counter::kIsRate);
}

void gram(benchmark::State& state, CpuKernel kernel) {
  const auto width = static_cast<std::size_t>(state.range(0));
  constexpr std::size_t kRows = 1024;
  set_cpu_kernel(kernel);
  std::vector<float> cells(kRows * width, 0.5F);
  std::vector<double> sums(width * width);
  for (auto _ : state) {
    accumulate_gram(cells.data(), width, width, cells.data(), width, width, kRows, sums.data());
    benchmark::DoNotOptimize(sums.data());
    benchmark::ClobberMemory();
  }
  const auto products = static_cast<std::int64_t>(width * width * kRows);
  state.counters["flops"] =
      benchmark::Counter(static_cast<double>(state.iterations() * products * 2), benchmark::Counter::kIsRate);
}

enum class Step { round_shift, round_shift_saturate, to_float, to_double };

void elementwise(benchmark::State& state, CpuKernel kernel, Step step) {
  constexpr std::size_t kCount = 1024;
  set_cpu_kernel(kernel);
  AlignedVector<std::int32_t> values(kCount, 12345);
  AlignedVector<std::int32_t> centre(kCount, 3);
  AlignedVector<std::uint8_t> shifts(kCount, 7);
  AlignedVector<std::int16_t> narrow(kCount);
  AlignedVector<float> floats(kCount);
  AlignedVector<double> doubles(kCount);
  for (auto _ : state) {
    if (step == Step::round_shift) round_shift(values.data(), shifts.data(), kCount);
    if (step == Step::round_shift_saturate) round_shift_saturate(values.data(), shifts.data(), narrow.data(), kCount);
    if (step == Step::to_float) to_float(values.data(), centre.data(), 0.25F, floats.data(), kCount);
    if (step == Step::to_double) to_double(values.data(), centre.data(), 0.25, doubles.data(), kCount);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(kCount * 4));
}

void register_kernel(CpuKernel kernel) {
  const std::string word(to_string(kernel));
  auto* const loop = benchmark::RegisterBenchmark(("rows_of_closed_loop/" + word).c_str(), rows_of_closed_loop, kernel);
  loop->ArgNames({"width", "batch", "zeros"});
  for (const int width : {64, 128, 192, 288, 768}) {
    for (const int batch : {1, 2, 4, 8}) loop->Args({width, batch, 0});
  }
  for (const int zeros : {20, 60, 90, 98}) {
    for (const int batch : {1, 8}) loop->Args({128, batch, zeros});
  }
  auto* const product = benchmark::RegisterBenchmark(("float_multiply/" + word).c_str(), float_multiply, kernel);
  product->ArgNames({"width", "batch"});
  for (const int width : {128, 192, 288}) {
    for (const int batch : {1, 4, 8}) product->Args({width, batch});
  }
  auto* const moments = benchmark::RegisterBenchmark(("gram/" + word).c_str(), gram, kernel);
  for (const int width : {64, 128, 192, 288, 400}) moments->Arg(width);
  using enum Step;
  benchmark::RegisterBenchmark(("round_shift/" + word).c_str(), elementwise, kernel, round_shift);
  benchmark::RegisterBenchmark(("round_shift_saturate/" + word).c_str(), elementwise, kernel, round_shift_saturate);
  benchmark::RegisterBenchmark(("to_float/" + word).c_str(), elementwise, kernel, to_float);
  benchmark::RegisterBenchmark(("to_double/" + word).c_str(), elementwise, kernel, to_double);
}

}  // namespace

int main(int argc, char** argv) {
  for (const CpuKernel kernel : supported_cpu_kernels()) register_kernel(kernel);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
