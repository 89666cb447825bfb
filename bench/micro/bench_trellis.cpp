#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/cpu_kernel.hpp"
#include "linear/row_block.hpp"
#include "quantize/enc_trellis.hpp"

/// Speed of the decisions of the dependent quantiser with 8 states: so many rows of 256 coefficients, with each
/// instruction set and kind of contexts. A call of one row is what a packet of one token takes.

namespace {

using namespace actz;

constexpr std::uint32_t kCoefficients = 256;
constexpr unsigned kStateBits = 3;

void quantize(benchmark::State& state, CpuKernel kernel, TrellisContexts contexts, std::size_t rows) {
  set_cpu_kernel(kernel);
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0, 3);
  const ContextModel model = untrained_context_model(kCoefficients, 2);
  const TrellisQuantizer quantizer(model, ContextRates::geometric(model), kStateBits,
                                   std::vector<float>(kCoefficients, 1.0F), 0.3F, contexts);
  RowBlock<float> coefficients(rows, kCoefficients);
  RowBlock<std::int16_t> levels(rows, kCoefficients);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t k = 0; k < kCoefficients; ++k) coefficients.row(row)[k] = normal(random);
  }
  for (auto _ : state) quantizer.quantize(std::as_const(coefficients).first(rows), levels.first(rows));
}

const bool kRegistered = [] {
  for (const CpuKernel kernel : supported_cpu_kernels()) {
    for (const auto& [name, contexts] : {std::pair{"each_path", TrellisContexts::of_each_path},
                                         std::pair{"each_quantizer", TrellisContexts::of_each_quantizer},
                                         std::pair{"best_path", TrellisContexts::of_best_path}}) {
      for (const std::size_t rows : {1U, 2U, 3U, 8U, 16U}) {
        const std::string full = std::string(to_string(kernel)) + "/" + name + "/rows" + std::to_string(rows);
        benchmark::RegisterBenchmark(full.c_str(), quantize, kernel, contexts, rows)->Unit(benchmark::kMicrosecond);
      }
    }
  }
  return true;
}();

}  // namespace

BENCHMARK_MAIN();
