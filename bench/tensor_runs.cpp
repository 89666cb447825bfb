#include "tensor_runs.hpp"

#include <chrono>

#include "measure/actz_codec.hpp"
#include "measure/gaussian_bound.hpp"
#include "peers/peers.hpp"

namespace actz::bench {
namespace {

std::pair<Sample, Sample> read_pair(const TensorPair& pair) {
  Sample test = read_sample(pair.test_path);
  if (pair.calib_path != pair.test_path) return {read_sample(pair.calib_path), std::move(test)};
  return {slice_rows(test, 0, test.rows / 2), slice_rows(test, test.rows / 2, test.rows)};
}

/// Profiles are referred to by the runs.
struct Profiles {
  Profile trained;
  Profile identity;
};

void add_actz(const Sample& test, const Profiles& profiles, const TensorPair& pair, const Settings& settings,
              std::vector<CodecRun>& runs) {
  EncodeOptions options;
  for (const double target : settings.target_nmse) {
    options.nmse = target;
    runs.push_back(actz_run(test, "actz, profile", options, &profiles.trained));
  }
  for (const double target : settings.target_nmse) {
    options.nmse = target;
    runs.push_back(actz_run(test, "actz, identity profile", options, &profiles.identity));
  }
  options.lags = pair.lags;
  for (const double target : settings.target_nmse) {
    options.nmse = target;
    runs.push_back(actz_run(test, "actz, self-fitted", options, nullptr));
  }
  EncodeOptions lossless;
  lossless.lossless = true;
  runs.push_back(actz_run(test, "actz, lossless", lossless, nullptr));
}

void add_peers(const Sample& calib, const Sample& test, const Settings& settings, std::vector<CodecRun>& runs) {
  const SteppedCodec stepped[] = {zfp_accuracy(test), bins_then_zstd(test, 3), bins_then_zstd(test, 19),
                                  cachegen_like(calib, test), kvtc_like(calib, test)};
  for (const SteppedCodec& codec : stepped) {
    for (const double target : settings.target_nmse) runs.push_back(at_nmse(codec, test, target));
  }
  for (const unsigned bits : {8u, 4u}) {
    runs.push_back(channel_integers(test, bits, std::nullopt));
    runs.push_back(channel_integers(test, bits, 3));
  }
  for (const bool shuffled : {false, true}) {
    for (const int level : {1, 3, 19}) runs.push_back(zstd_lossless(test, level, shuffled));
  }
}

}  // namespace

TensorOutcomes run_tensor(const TensorPair& pair, const Settings& settings) {
  const auto [calib, test] = read_pair(pair);
  FitOptions fit_options;
  fit_options.target_nmse = settings.target_nmse;
  fit_options.lags = pair.lags;
  FitOptions identity = fit_options;
  identity.transform = false;
  identity.lags.clear();
  identity.context = false;  // the fast profile: uniform quantiser, a table class for each channel
  identity.quantizer_states = 1;
  const auto start = std::chrono::steady_clock::now();
  Profile trained = fit(calib, fit_options);
  TensorOutcomes out{pair, calib.file_digest, test.file_digest, test.tensor.shape, test.tensor.dtype, {}, 0, {}};
  out.fit_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const Profiles profiles{std::move(trained), fit(calib, identity)};
  const GaussianBound bound(test);
  for (const double target : settings.target_nmse) out.gaussian_bits.push_back(bound.bits_per_value(target));
  std::vector<CodecRun> runs;
  add_actz(test, profiles, pair, settings, runs);
  add_peers(calib, test, settings, runs);
  out.outcomes = measure(test, runs, settings.patience);
  return out;
}

}  // namespace actz::bench
