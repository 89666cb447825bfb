#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "fit/density.hpp"

namespace actz {
namespace {

constexpr std::size_t kWide = 3;
constexpr std::array<std::size_t, 5> kWidths{1, kWide, kWide, kWide, 1};
constexpr std::size_t kLayers = kWidths.size() - 1;
constexpr unsigned kSteps = 600;
constexpr double kRate = 0.03;

double softplus(double x) { return x > 30 ? x : std::log1p(std::exp(x)); }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// Layer k: x -> H x + b, then x + tanh(a) tanh(x), the last one sigmoid. H = softplus of its parameters: all positive,
/// so the whole ascends. Parameters of a layer: matrix, offsets, gates.
class MonotoneNetwork {
 public:
  MonotoneNetwork() {
    for (std::size_t layer = 0; layer < kLayers; ++layer) {
      const std::size_t in = kWidths[layer], out = kWidths[layer + 1];
      // Each layer scales by the fourth root of a slope of 10 over 1; offsets are spread, for units to differ.
      const double factor = std::log(std::expm1(1 / std::pow(10.0, 1.0 / kLayers) * 2 / static_cast<double>(in)));
      for (std::size_t i = 0; i < in * out; ++i) parameters_.push_back(factor);
      for (std::size_t i = 0; i < out; ++i)
        parameters_.push_back(out == 1 ? 0 : static_cast<double>(i) / static_cast<double>(out - 1) - 0.5);
      for (std::size_t i = 0; i < out; ++i) parameters_.push_back(0);
    }
  }

  /// What a point leaves behind in the layers, for the way back.
  struct Trace {
    std::array<std::array<double, kWide>, kLayers + 1> value{};
    std::array<std::array<double, kWide>, kLayers> sum{};
  };

  /// The share below a point.
  double below(double x, Trace& trace) const {
    trace.value[0][0] = x;
    const double* p = parameters_.data();
    for (std::size_t layer = 0; layer < kLayers; ++layer) {
      const std::size_t in = kWidths[layer], out = kWidths[layer + 1];
      for (std::size_t i = 0; i < out; ++i) {
        double sum = p[in * out + i];
        for (std::size_t j = 0; j < in; ++j) sum += softplus(p[i * in + j]) * trace.value[layer][j];
        trace.sum[layer][i] = sum;
        const double gate = std::tanh(p[in * out + out + i]);
        trace.value[layer + 1][i] = layer + 1 == kLayers ? sigmoid(sum) : sum + gate * std::tanh(sum);
      }
      p += in * out + 2 * out;
    }
    return trace.value[kLayers][0];
  }

  /// Adds `slope` times the derivatives of below().
  void add_gradient(const Trace& trace, double slope, std::vector<double>& gradient) const {
    std::array<double, kWide> back{slope};
    std::size_t end = parameters_.size();
    for (std::size_t layer = kLayers; layer-- > 0;) {
      const std::size_t in = kWidths[layer], out = kWidths[layer + 1];
      const std::size_t first = end - (in * out + 2 * out);
      std::array<double, kWide> before{};
      for (std::size_t i = 0; i < out; ++i) {
        const double sum = trace.sum[layer][i];
        double by_sum = 0;
        if (layer + 1 == kLayers) {
          const double share = trace.value[kLayers][0];
          by_sum = back[i] * share * (1 - share);
        } else {
          const double gate = std::tanh(parameters_[first + in * out + out + i]), bent = std::tanh(sum);
          by_sum = back[i] * (1 + gate * (1 - bent * bent));
          gradient[first + in * out + out + i] += back[i] * bent * (1 - gate * gate);
        }
        gradient[first + in * out + i] += by_sum;
        for (std::size_t j = 0; j < in; ++j) {
          const double raw = parameters_[first + i * in + j];
          gradient[first + i * in + j] += by_sum * trace.value[layer][j] * sigmoid(raw);
          before[j] += by_sum * softplus(raw);
        }
      }
      back = before;
      end = first;
    }
  }

  std::vector<double>& parameters() { return parameters_; }

 private:
  std::vector<double> parameters_;
};

}  // namespace

std::vector<double> fit_factorized(const Histogram& counts, std::size_t margin) {
  const CountMoments moments = moments_of(counts);
  const double scale = std::max(moments.deviation, 0.3);
  const auto place = [&](double value) { return (value - moments.mean) / scale; };
  MonotoneNetwork network;
  Adam adam(network.parameters().size(), kRate);
  const std::size_t size = counts.count.size();
  std::vector<MonotoneNetwork::Trace> trace(size + 1);
  std::vector<double> share(size + 1), slope(size + 1), gradient(network.parameters().size());
  for (unsigned step = 0; step < kSteps; ++step) {
    for (std::size_t i = 0; i <= size; ++i)
      share[i] = network.below(place(counts.lowest + static_cast<double>(i) - 0.5), trace[i]);
    std::fill(slope.begin(), slope.end(), 0.0);
    for (std::size_t i = 0; i < size; ++i) {
      const double by_mass = -counts.count[i] / moments.total / std::max(share[i + 1] - share[i], 1e-9);
      slope[i + 1] += by_mass;
      slope[i] -= by_mass;
    }
    std::fill(gradient.begin(), gradient.end(), 0.0);
    for (std::size_t i = 0; i <= size; ++i) network.add_gradient(trace[i], slope[i], gradient);
    adam.step(network.parameters(), gradient);
  }
  std::vector<double> out;
  const double first = counts.lowest - static_cast<double>(margin) - 0.5;
  double before = network.below(place(first), trace[0]);
  for (std::size_t i = 0; i < size + 2 * margin; ++i) {
    const double after = network.below(place(first + static_cast<double>(i + 1)), trace[0]);
    out.push_back(after - before);
    before = after;
  }
  return out;
}

}  // namespace actz
