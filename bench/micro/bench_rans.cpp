// Pace of the entropy coder, per kernel and number of lanes; items are symbols.
// Data: 64 Laplacian classes of 0.6 to 4 bits, 2.2 bits per symbol on average, one class per symbol of a row of 192.

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <sstream>
#include <vector>

#include "base/cpu_kernel.hpp"
#include "entropy/rans.hpp"

namespace {

using namespace actz;

constexpr unsigned kClasses = 64;
constexpr std::size_t kRowSymbols = 192;
constexpr std::size_t kSymbols = kRowSymbols * 10'923;  // about 2 Mi

ClassFrequencies laplacian(unsigned precision_bits, double scale) {
  const unsigned total = 1u << precision_bits;
  const auto reach = static_cast<unsigned>(1 + 6 * scale);
  const unsigned symbol_count = 2 * reach + 1;
  std::vector<double> weight(symbol_count);
  double sum = 0;
  for (unsigned s = 0; s < symbol_count; ++s) sum += weight[s] = std::exp(-std::abs(double(s) - reach) / scale);
  ClassFrequencies frequencies(symbol_count);
  unsigned used = 0;
  for (unsigned s = 0; s < symbol_count; ++s) {
    frequencies[s] = static_cast<std::uint16_t>(1 + std::floor(weight[s] / sum * (total - symbol_count)));
    used += frequencies[s];
  }
  frequencies[reach] = static_cast<std::uint16_t>(frequencies[reach] + total - used);
  return frequencies;
}

/// Model, rows and coded rows of one precision and number of lanes.
struct Sample {
  ClassTables tables;
  std::vector<unsigned> pattern;
  std::vector<std::uint8_t> symbols;  // padded

  explicit Sample(unsigned precision_bits) : tables{precision_bits, {}}, symbols(kSymbols + kSymbolPadding) {
    std::mt19937 random(1);
    for (unsigned c = 0; c < kClasses; ++c) {
      tables.classes.push_back(laplacian(precision_bits, 0.2 + 2.4 * c / kClasses));
    }
    for (std::size_t i = 0; i < kRowSymbols; ++i) pattern.push_back(static_cast<unsigned>(random() % kClasses));
    double bits = 0;
    for (std::size_t j = 0; j < kSymbols; ++j) {
      const ClassFrequencies& frequencies = tables.classes[pattern[j % kRowSymbols]];
      auto slot = static_cast<std::uint32_t>(random()) >> (32 - precision_bits);
      unsigned symbol = 0;
      while (slot >= frequencies[symbol]) slot -= frequencies[symbol++];
      symbols[j] = static_cast<std::uint8_t>(symbol);
      bits += precision_bits - std::log2(frequencies[symbol]);
    }
    std::fprintf(stderr, "%u-bit tables: %.3f bits per symbol\n", precision_bits, bits / kSymbols);
  }
};

const Sample& sample(unsigned precision_bits) {
  static const Sample ten(10);
  static const Sample eleven(11);
  return precision_bits == 10 ? ten : eleven;
}

template <class Tables>
TableSchedule schedule_of(const Sample& data, const Tables& tables, std::vector<std::uint32_t>& storage) {
  std::vector<std::uint32_t> offsets;
  for (const unsigned class_index : data.pattern) offsets.push_back(tables.table_offset(class_index));
  return make_schedule(offsets, storage);
}

RansEncoder encoded(const Sample& data, const EncodeTables& tables, const TableSchedule& schedule, unsigned lanes,
                    std::size_t step_symbols) {
  RansEncoder encoder(tables, lanes, kSymbols);
  for (std::size_t end = kSymbols; end > 0; end -= step_symbols) {
    encoder.encode_step(schedule, {data.symbols.data() + end - step_symbols, step_symbols});
  }
  return encoder;
}

void bench_decode(benchmark::State& bench, CpuKernel kernel, unsigned precision_bits, unsigned lanes,
                  std::size_t step_symbols) {
  set_cpu_kernel(kernel);
  const Sample& data = sample(precision_bits);
  const EncodeTables encode_tables(data.tables);
  std::vector<std::uint32_t> encode_storage;
  const RansEncoder encoder =
      encoded(data, encode_tables, schedule_of(data, encode_tables, encode_storage), lanes, step_symbols);
  const DecodeTables tables(data.tables);
  std::vector<std::uint32_t> storage;
  const TableSchedule schedule = schedule_of(data, tables, storage);
  std::vector<std::uint8_t> out(kSymbols + kSymbolPadding);
  for (auto _ : bench) {
    RansDecoder decoder(tables, encoder.states(), encoder.words());
    for (std::size_t start = 0; start < kSymbols; start += step_symbols) {
      decoder.decode_step(schedule, step_symbols, out.data() + start);
    }
    if (!decoder.finished()) std::abort();
  }
  out.resize(kSymbols);
  if (!std::equal(out.begin(), out.end(), data.symbols.begin())) std::abort();
  bench.SetItemsProcessed(bench.iterations() * static_cast<std::int64_t>(kSymbols));
}

void bench_encode(benchmark::State& bench, CpuKernel kernel, unsigned precision_bits, unsigned lanes,
                  std::size_t step_symbols) {
  set_cpu_kernel(kernel);
  const Sample& data = sample(precision_bits);
  const EncodeTables tables(data.tables);
  std::vector<std::uint32_t> storage;
  const TableSchedule schedule = schedule_of(data, tables, storage);
  for (auto _ : bench) {
    const RansEncoder encoder = encoded(data, tables, schedule, lanes, step_symbols);
    benchmark::DoNotOptimize(encoder.words().data());
  }
  bench.SetItemsProcessed(bench.iterations() * static_cast<std::int64_t>(kSymbols));
}

void register_all() {
  for (const CpuKernel kernel : supported_cpu_kernels()) {
    for (const unsigned precision_bits : {11u, 10u}) {
      for (const unsigned lanes : {1u, 4u, 8u, 16u, 32u, 64u, 128u}) {
        if (lanes < 8 && kernel != CpuKernel::scalar) continue;
        for (const std::size_t step_symbols : {kSymbols, kRowSymbols}) {
          std::ostringstream name;
          name << to_string(kernel) << "/bits:" << precision_bits << "/lanes:" << lanes
               << (step_symbols == kSymbols ? "/one_step" : "/steps_of_192");
          benchmark::RegisterBenchmark(("decode/" + name.str()).c_str(), bench_decode, kernel, precision_bits, lanes,
                                       step_symbols);
          benchmark::RegisterBenchmark(("encode/" + name.str()).c_str(), bench_encode, kernel, precision_bits, lanes,
                                       step_symbols);
        }
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
