#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "actz/tensor.hpp"
#include "measure/sample.hpp"

namespace actz::bench {

using Bytes = std::vector<std::byte>;

/// One codec at one setting, bound to one sample.
struct CodecRun {
  std::string codec;
  std::optional<double> target_nmse;  ///< empty when the codec has no such knob
  bool lossless = false;
  std::uint64_t side_bytes = 0;  ///< learned beforehand, kept by both sides and not counted in the rate
  DType decoded_dtype = DType::f32;
  std::function<Bytes()> encode;
  /// Fills `out`, values × element_bytes(decoded_dtype) bytes aligned for any element.
  std::function<void(std::span<const std::byte> coded, std::span<std::byte> out)> decode;
};

/// What a run did. MB are 10^6 bytes of the tensor as stored; times are medians.
struct Outcome {
  std::string codec;
  std::optional<double> target_nmse;
  bool lossless = false;
  std::uint64_t coded_bytes = 0;
  std::uint64_t side_bytes = 0;
  double bits_per_value = 0;
  double nmse = 0;
  double max_abs_error = 0;
  double encode_mb_per_s = 0;
  double decode_mb_per_s = 0;
  unsigned repeats = 0;
};

struct Patience {
  unsigned max_repeats = 7;
  double seconds = 1.0;  ///< a run that has taken so long is not repeated
};

/// Times the runs in turn, round after round, so that a slow moment of the machine meets all of them alike, and
/// scores what they decode. Throws Failed when a lossless run does not give every bit back.
std::vector<Outcome> measure(const Sample& sample, std::span<const CodecRun> runs, const Patience& patience = {});

/// Σ(x − y)² / Σ(x − mean)².
double nmse(const Sample& sample, std::span<const float> decoded);

/// A codec that quantises with a step: its error at a step, found without entropy coding, and the run itself.
struct SteppedCodec {
  std::function<double(double step)> nmse_at;
  std::function<CodecRun(double step)> run_at;
};

/// The run whose error is nearest to `target_nmse`, by bisection on the logarithm of the step.
CodecRun at_nmse(const SteppedCodec& codec, const Sample& sample, double target_nmse);

/// f32 elements in a decoder's output.
inline std::span<float> as_floats(std::span<std::byte> out) {
  return {reinterpret_cast<float*>(out.data()), out.size() / sizeof(float)};
}

}  // namespace actz::bench
