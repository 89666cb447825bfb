#pragma once

#include <string>
#include <vector>

#include "actz/tensor.hpp"

namespace actz::bench {

/// Thrown by everything that measures; the programs turn it into their one line on standard error.
struct Failed {
  std::string file;
  Error error;
};

/// A float tensor to measure on, as stored and as rows of f32.
struct Sample {
  Tensor tensor;
  std::string file_digest;  ///< SHA-256 of the file it came from, hex
  std::size_t rows = 0;     ///< over all sequences
  std::size_t sequence_rows = 0;
  std::size_t channels = 0;
  std::vector<float> values;  ///< rows × channels
  std::vector<double> mean;   ///< of each channel
  double energy = 0;          ///< Σ(x − mean)²

  /// Root mean square distance from the channel means: the natural unit of a quantiser's step.
  double deviation() const;
};

/// @param tensor  of a float type with at least one axis. Throws Failed for any other.
Sample make_sample(Tensor tensor, std::string file_digest);

/// Rows [first, end) of a sample: whole sequences, or one sequence when the borders cut any.
Sample slice_rows(const Sample& sample, std::size_t first, std::size_t end);

/// The first float tensor of a .npy, .npz or .safetensors file.
Sample read_sample(const std::string& path);

/// SHA-256 of a whole file, hex.
std::string file_sha256(const std::string& path);

}  // namespace actz::bench
