#pragma once

#include <vector>

#include "measure/sample.hpp"

namespace actz::bench {

/// Rate–distortion function of a Gaussian source with the covariance of a sample's rows, rows independent: what no
/// codec can beat that codes Gaussian rows one by one. Real rows depend on each other, so codecs that use that can.
class GaussianBound {
 public:
  explicit GaussianBound(const Sample& sample);
  /// Bits per value by reverse water-filling.
  double bits_per_value(double nmse) const;

 private:
  std::vector<double> variances_;  ///< of the principal directions
};

}  // namespace actz::bench
