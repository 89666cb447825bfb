#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace actz {

/// A network of one hidden layer, in floats: output = output_weights · max(0, hidden_weights · input).
struct FloatNetwork {
  std::vector<float> hidden_weights;  ///< hidden × inputs, row-major
  std::vector<float> output_weights;  ///< outputs × hidden, row-major
};

/// What a network is trained on.
struct NetworkSamples {
  std::size_t count = 0;
  std::size_t inputs = 0;
  std::size_t outputs = 0;
  /// Fills the inputs of a sample, of a mean square near 1, and its targets.
  std::function<void(std::size_t sample, float* input, float* target)> load;
};

struct NetworkTrainingOptions {
  std::size_t hidden = 256;
  unsigned epochs = 8;
};

/// Least squares by AdamW (Loshchilov and Hutter 2019) with one cycle of the learning rate (Smith and Topin 2018), over
/// batches of samples in random order. Equal samples give equal weights on every CPU.
FloatNetwork train_network(const NetworkSamples& samples, const NetworkTrainingOptions& options);

}  // namespace actz
