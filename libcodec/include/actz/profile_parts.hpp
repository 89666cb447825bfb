#pragma once

#include <cstdint>
#include <vector>

#include "actz/profile.hpp"
#include "actz/result.hpp"

namespace actz {

/// The integer distribution of a coefficient's quantised values: symbol s below the last one stands for lowest + s,
/// times 2^raw_bits, plus raw bits; the last symbol is the escape.
struct PartsTable {
  std::int32_t lowest = 0;
  std::uint8_t raw_bits = 0;               ///< 0 … 14
  std::vector<std::uint16_t> frequencies;  ///< 2 … 256, each at least 1, in sum 2^precision_bits
};

/// A codec that was learned elsewhere, as a bottleneck of a network for instance, as numbers in values of the tensor. A
/// decoded row is centre + prediction of earlier rows + Σ_k synthesis[·][k] · steps[k] · q[k], q integers.
struct ProfileParts {
  std::vector<double> centre;  ///< channels, 1 … 65536
  /// channels × coefficients, row-major; its columns are linearly independent, for encoders invert it. Empty: the
  /// identity, of as many coefficients as channels
  std::vector<double> synthesis;
  std::vector<double> steps;        ///< coefficients, positive; the quantiser is uniform
  std::vector<std::uint16_t> lags;  ///< ascending, 1 … 4096, at most 16; empty: no prediction
  /// channels × (lags · channels), row-major: a row, less its centre, from decoded rows, less theirs, lag by lag
  std::vector<double> prediction;
  std::vector<double> peaks;  ///< with lags: of each channel the largest |value − centre| that is expected, positive
  unsigned precision_bits = 12;        ///< 8 … 12
  std::vector<PartsTable> tables;      ///< 1 … 256
  std::vector<std::uint8_t> class_of;  ///< of each coefficient: the number of its table
  double nmse = 0.02;                  ///< that its trainer measured; encoders find a unit from here
  double bits_per_value = 0;           ///< the same
};

/// A profile of one rung from its parts. Matrices become integers of 16 bits, relative to their largest entries.
/// Numbers that are not finite, arrays of wrong sizes, tables of wrong sums and dependent columns are refused with
/// their name. Thread-safe. Memory: O(channels · (coefficients + lags · channels)). Errors: bad_argument.
Result<Profile> build_profile(const ProfileParts& parts);

}  // namespace actz
