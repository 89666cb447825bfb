#include "measure/codec_run.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "tensor/float_convert.hpp"

namespace actz::bench {
namespace {

template <class Call>
double seconds_of(Call call) {
  const auto start = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> numbers) {
  const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
  std::nth_element(numbers.begin(), middle, numbers.end());
  return *middle;
}

/// A run's coded bytes, output and times so far.
struct Trial {
  Bytes coded;
  Bytes decoded;
  std::vector<double> encode_seconds;
  std::vector<double> decode_seconds;
  double spent = 0;
};

void repeat(const CodecRun& run, Trial& trial) {
  trial.encode_seconds.push_back(seconds_of([&] { trial.coded = run.encode(); }));
  trial.decode_seconds.push_back(seconds_of([&] { run.decode(trial.coded, trial.decoded); }));
  trial.spent += trial.encode_seconds.back() + trial.decode_seconds.back();
}

Outcome score(const Sample& sample, const CodecRun& run, const Trial& trial) {
  const std::size_t count = sample.values.size();
  std::vector<float> values(count);
  floats_to_f32(run.decoded_dtype, trial.decoded, values);
  if (run.lossless && trial.decoded != sample.tensor.bytes) {
    throw Failed{run.codec, {ErrorCode::internal, Error::kNoOffset, "claims to be lossless and is not"}};
  }
  Outcome out{run.codec, run.target_nmse, run.lossless, trial.coded.size(), run.side_bytes, 0, 0, 0, 0, 0, 0};
  out.bits_per_value = 8.0 * static_cast<double>(trial.coded.size()) / static_cast<double>(count);
  out.nmse = nmse(sample, values);
  for (std::size_t i = 0; i < count; ++i) {
    out.max_abs_error = std::max(out.max_abs_error, std::fabs(double{sample.values[i]} - double{values[i]}));
  }
  const double megabytes = static_cast<double>(sample.tensor.bytes.size()) / 1e6;
  out.encode_mb_per_s = megabytes / median(trial.encode_seconds);
  out.decode_mb_per_s = megabytes / median(trial.decode_seconds);
  out.repeats = static_cast<unsigned>(trial.encode_seconds.size());
  return out;
}

}  // namespace

double nmse(const Sample& sample, std::span<const float> decoded) {
  double error = 0;
  for (std::size_t i = 0; i < decoded.size(); ++i) {
    const double distance = double{sample.values[i]} - double{decoded[i]};
    error += distance * distance;
  }
  return error == 0 ? 0 : error / sample.energy;
}

std::vector<Outcome> measure(const Sample& sample, std::span<const CodecRun> runs, const Patience& patience) {
  std::vector<Trial> trials(runs.size());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    trials[i].decoded.resize(sample.values.size() * element_bytes(runs[i].decoded_dtype));
  }
  for (unsigned round = 0; round < patience.max_repeats; ++round) {
    for (std::size_t i = 0; i < runs.size(); ++i) {
      if (round == 0 || trials[i].spent < patience.seconds) repeat(runs[i], trials[i]);
    }
  }
  std::vector<Outcome> out;
  for (std::size_t i = 0; i < runs.size(); ++i) out.push_back(score(sample, runs[i], trials[i]));
  return out;
}

CodecRun at_nmse(const SteppedCodec& codec, const Sample& sample, double target_nmse) {
  constexpr double kTolerance = 0.002;
  constexpr int kHalvings = 24;
  // A uniform quantiser's error is step²/12: this bracket holds every sensible one.
  double low = std::log(sample.deviation() * std::sqrt(12 * target_nmse) / 64);
  double high = std::log(sample.deviation() * std::sqrt(12 * target_nmse) * 64);
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    const double got = codec.nmse_at(std::exp(middle));
    (got < target_nmse ? low : high) = middle;
    if (std::fabs(got / target_nmse - 1) < kTolerance) {
      low = high = middle;
      break;
    }
  }
  CodecRun run = codec.run_at(std::exp((low + high) / 2));
  run.target_nmse = target_nmse;
  return run;
}

}  // namespace actz::bench
