// Pace of external models; items are values. Data: Gaussians of 64 widths around integer means, class and mean of each
// value at random, 2.9 bits per value on average.

#include <benchmark/benchmark.h>

#include <cmath>
#include <random>

#include "actz/external_model.hpp"

namespace {

using namespace actz;

constexpr std::size_t kValues = 1u << 21;
constexpr unsigned kClasses = 64;

struct Sample {
  std::vector<std::int32_t> values, means;
  std::vector<std::uint16_t> class_of;
};

double deviation_of(unsigned one) { return 0.3 * std::pow(1.06, one); }

const ExternalModel& model() {
  static const ExternalModel out = [] {
    std::vector<ExternalClass> classes;
    for (unsigned one = 0; one < kClasses; ++one) {
      const auto reach = static_cast<std::int32_t>(5 * deviation_of(one)) + 1;
      std::vector<double> masses;
      for (std::int32_t value = -reach; value <= reach; ++value)
        masses.push_back(std::exp(-0.5 * std::pow(value / deviation_of(one), 2)));
      classes.push_back(*make_external_class(-reach, masses, 1e-5, 12));
    }
    auto made = ExternalModel::make(std::move(classes), 12);
    return std::move(*made);
  }();
  return out;
}

const Sample& sample() {
  static const Sample out = [] {
    Sample drawn;
    std::mt19937 random(1);
    std::normal_distribution<double> normal;
    for (std::size_t i = 0; i < kValues; ++i) {
      drawn.class_of.push_back(static_cast<std::uint16_t>(random() % kClasses));
      drawn.means.push_back(static_cast<std::int32_t>(random() % 101) - 50);
      const double value = drawn.means.back() + deviation_of(drawn.class_of.back()) * normal(random);
      drawn.values.push_back(static_cast<std::int32_t>(std::lrint(value)));
    }
    return drawn;
  }();
  return out;
}

void encode(benchmark::State& bench) {
  const Sample& data = sample();
  std::size_t bytes = 0;
  for (auto _ : bench) {
    const auto stream = model().encode(data.values, data.class_of, data.means);
    bytes = stream->size();
  }
  bench.SetItemsProcessed(bench.iterations() * static_cast<std::int64_t>(kValues));
  bench.counters["bits_per_value"] = 8.0 * static_cast<double>(bytes) / kValues;
}

void decode(benchmark::State& bench) {
  const Sample& data = sample();
  const auto stream = model().encode(data.values, data.class_of, data.means);
  std::vector<std::int32_t> back(kValues);
  for (auto _ : bench) {
    if (!model().decode(*stream, data.class_of, data.means, back)) bench.SkipWithError("broken");
  }
  bench.SetItemsProcessed(bench.iterations() * static_cast<std::int64_t>(kValues));
}

BENCHMARK(encode);
BENCHMARK(decode);

}  // namespace

BENCHMARK_MAIN();
