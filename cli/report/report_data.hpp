#pragma once

#include <string>
#include <vector>

#include "measure/codec_run.hpp"

namespace actz::report {

/// A line or a set of points in a rate–distortion chart.
struct Curve {
  struct Point {
    double bits_per_value;
    double nmse;
  };
  std::string label;
  std::string style;  ///< CSS class: a colour and a dash of style.cpp
  std::vector<Point> points;
};

/// Everything shown of one tensor.
struct TensorPart {
  std::string name;
  std::string description;  ///< shape, type, how much of it was measured
  unsigned raw_bits = 32;   ///< of a value as stored
  std::vector<Curve> curves;
  std::vector<bench::Outcome> outcomes;
  std::string peers;  ///< codecs measured elsewhere, and where; or empty
  std::string peers_measured_on;
  std::vector<double> coefficient_bits;
  double coefficient_nmse = 0;     ///< at which these bits hold
  std::string coefficient_source;  ///< profile or tensor
};

/// A measured price of coding: what the network loses that goes on from decoded activations.
struct LossPoint {
  std::string place;  ///< network and layer
  std::string codec;
  double bits_per_token = 0;
  double loss_increase_nats = 0;
  double nmse = 0;
};

struct Report {
  std::string title;
  std::string conditions;  ///< machine, threads, version
  std::vector<TensorPart> tensors;
  std::vector<LossPoint> losses;
};

/// NMSE of the ladder that is measured, and the one that headlines and tables show.
inline constexpr double kLadder[] = {0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16};
inline constexpr double kHeadlineNmse = 0.02;

}  // namespace actz::report
