// What a packet of one row costs in time and bytes: `bench_packets`. Rows of examples/data with its profile (128
// channels, matched rows), and rows of a linear process at other widths, where nothing repeats.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <string>

#include "actz/archive.hpp"
#include "actz/packets.hpp"
#include "profile/profile_content.hpp"
#include "rows/enc_lossy_rows.hpp"

namespace {

using namespace actz;
using Bytes = std::vector<std::byte>;

constexpr std::size_t kRows = 256;
constexpr std::size_t kTrainingRows = 4096;
constexpr double kNmse = 0.02, kFineNmse = 0.0005;

struct Setting {
  std::size_t channels;
  double nmse;
  Profile profile;
  std::vector<float> rows;  ///< [kRows][channels]
};

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Profile parse(const std::string& file) { return *Profile::parse(std::as_bytes(std::span(file))); }

/// A row follows from the one before, with noise whose deviation falls slowly from direction to direction.
std::vector<float> process(std::size_t rows, std::size_t channels, unsigned seed) {
  std::mt19937 random(seed), mixing(1);
  std::normal_distribution<float> normal;
  std::vector<float> mix(channels * channels), factor(channels), out;
  for (float& value : mix) value = normal(mixing);
  for (std::size_t t = 0; t < rows; ++t) {
    for (std::size_t k = 0; k < channels; ++k)
      factor[k] = 0.6F * factor[k] + normal(random) / std::sqrt(static_cast<float>(k + 1));
    for (std::size_t c = 0; c < channels; ++c) {
      float sum = 0;
      for (std::size_t k = 0; k < channels; ++k) sum += mix[c * channels + k] * factor[k];
      out.push_back(sum);
    }
  }
  return out;
}

Setting make(const std::string& name) {
  if (name == "text128") {
    const std::string npy = read(std::string(ACTZ_SAMPLE_DATA) + "/babyllama_layer3_2x256x128.npy");
    std::vector<float> rows(kRows * 128);
    std::memcpy(rows.data(), npy.data() + npy.size() - 2 * rows.size() * sizeof(float), rows.size() * sizeof(float));
    return {128, kNmse, parse(read(std::string(ACTZ_SAMPLE_DATA) + "/babyllama_layer3.actp")), rows};
  }
  const bool fast = name.starts_with("fast"), fine = name.starts_with("fine");
  const std::size_t channels = std::stoul(name.substr(fast || fine ? 4 : 7));
  const double nmse = fine ? kFineNmse : kNmse;
  const auto training = process(kTrainingRows, channels, 2);
  FitOptions options;
  options.target_nmse = {nmse};
  options.match_rows = false;
  if (fast) {
    options.transform = options.context = false;
    options.lags = {};
  }
  MemoryElements elements(DType::f32, std::as_bytes(std::span(training)));
  const FitInput input{DType::f32, {1, kTrainingRows, channels}, &elements};
  return {channels, nmse, *fit_profile(std::span(&input, 1), options), process(kRows, channels, 3)};
}

const Setting& setting(const std::string& name) {
  static std::map<std::string, Setting> made;
  const auto found = made.find(name);
  return found != made.end() ? found->second : made.emplace(name, make(name)).first->second;
}

PacketEncoder begin(const Setting& of, unsigned effort = 5) {
  PacketOptions options;
  options.nmse = of.nmse;
  options.max_rows = kRows;
  options.effort = effort;
  return PacketEncoder::begin(of.profile, options).value();
}

std::span<const std::byte> row(const Setting& of, std::size_t first, std::size_t count = 1) {
  return std::as_bytes(std::span(of.rows).subspan(first * of.channels, count * of.channels));
}

/// Bytes of a row: in packets of one, and in a file that codes the same rows at the same slope.
void count_bytes(const Setting& of, unsigned effort, benchmark::State& state) {
  PacketEncoder single = begin(of, effort), together = begin(of, effort);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < kRows; ++i) bytes += single.encode(row(of, i))->size();
  const auto per_row = [](std::size_t sum) { return static_cast<double>(sum) / double{kRows}; };
  float unit = 0;
  std::memcpy(&unit, single.session().data() + 20, sizeof(unit));
  EncodeOptions options;
  options.profile = &of.profile;
  options.embed_model = false;
  options.effort = effort;
  const unsigned state_bits = of.profile.content().rungs[single.rung()].model.state_bits;
  options.lambda = (state_bits == 0 ? kLambdaPerStepSquared : kLambdaPerHalfStepSquared) *
                   std::pow(double{unit} * (1 << kFractionBits), 2);
  MemorySink sink;
  ArchiveWriter writer(sink);
  MemoryElements elements(DType::f32, std::as_bytes(std::span(of.rows)));
  (void)writer.add_tensor("x", DType::f32, {1, kRows, of.channels}, elements, options);
  (void)writer.finish();
  state.counters["packet_bytes"] = per_row(bytes);
  state.counters["over_block"] = per_row(bytes) - per_row(together.encode(row(of, 0, kRows))->size());
  state.counters["file_bytes"] = per_row(sink.bytes.size());
}

void encode(benchmark::State& state, const std::string& name, unsigned effort) {
  const Setting& of = setting(name);
  PacketEncoder encoder = begin(of, effort);
  std::size_t at = 0;
  for (auto _ : state) {
    if (at == kRows) {
      state.PauseTiming();
      encoder = begin(of, effort);
      at = 0;
      state.ResumeTiming();
    }
    benchmark::DoNotOptimize(encoder.encode(row(of, at++)));
  }
  count_bytes(of, effort, state);
}

void decode(benchmark::State& state, const std::string& name, unsigned effort) {
  const Setting& of = setting(name);
  PacketEncoder encoder = begin(of, effort);
  std::vector<Bytes> packets;
  for (std::size_t i = 0; i < kRows; ++i) {
    const auto packet = *encoder.encode(row(of, i));
    packets.emplace_back(packet.begin(), packet.end());
  }
  const auto fresh = [&] { return PacketDecoder::begin(encoder.session(), {of.profile}).value(); };
  PacketDecoder decoder = fresh();
  std::size_t at = 0;
  for (auto _ : state) {
    if (at == kRows) {
      state.PauseTiming();
      decoder = fresh();
      at = 0;
      state.ResumeTiming();
    }
    benchmark::DoNotOptimize(decoder.decode(packets[at++]));
  }
}

const bool kRegistered = [] {
  for (const std::string name : {"text128", "process128", "process288", "fast288", "fine288"}) {
    for (const unsigned effort : {2U, 5U}) {
      const std::string end = name + "/effort" + std::to_string(effort);
      benchmark::RegisterBenchmark(("encode/" + end).c_str(), encode, name, effort)->Unit(benchmark::kMicrosecond);
      benchmark::RegisterBenchmark(("decode/" + end).c_str(), decode, name, effort)->Unit(benchmark::kMicrosecond);
    }
  }
  return true;
}();

}  // namespace

BENCHMARK_MAIN();
