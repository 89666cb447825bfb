#pragma once

#include <string>
#include <vector>

#include "measure/codec_run.hpp"

namespace actz::bench {

/// A tensor to measure on and another of its kind to learn from.
struct TensorPair {
  std::string name;
  std::string calib_path;
  std::string test_path;
  std::vector<std::uint16_t> lags = {1, 2};
};

struct Settings {
  std::vector<double> target_nmse = {0.005, 0.02, 0.08};
  Patience patience;
};

/// All codecs on one tensor.
struct TensorOutcomes {
  TensorPair pair;
  std::string calib_digest;
  std::string test_digest;
  Shape shape;
  DType dtype = DType::f32;
  std::vector<double> gaussian_bits;  ///< bound at each target
  double fit_seconds = 0;
  std::vector<Outcome> outcomes;
};

/// @param pair  with both paths the same, the first half of the rows is learned from and the second measured on.
TensorOutcomes run_tensor(const TensorPair& pair, const Settings& settings);

}  // namespace actz::bench
