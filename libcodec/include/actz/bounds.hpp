#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "actz/result.hpp"

/// What theory says of the rate of rows: bounds from their covariance, code lengths of families of entropy models, and
/// how far those learned from so many rows may be off. Formulas and sources: docs/bounds.md.

namespace actz {

struct BoundsOptions {
  double nmse = 0.02;        ///< at which rows are quantised
  unsigned clip_bits = 12;   ///< no symbol costs more: masses are at least 2^−clip_bits, as in tables
  double confidence = 0.95;  ///< that bounds hold
  double wanted_gap = 0.05;  ///< bits per value, for FamilyBound::rows_for_gap
  unsigned draws = 64;       ///< of signs, for Rademacher complexities
  std::uint64_t seed = 1;
  std::vector<std::uint16_t> lags;  ///< for gaussian_rate_with_past; empty: rows are independent
  std::uint64_t sequence_rows = 0;  ///< rows of a sequence, which lags do not reach beyond; 0: all are one
};

/// A family of entropy models, one density for each coefficient. Bits are per value of the rows.
struct FamilyBound {
  std::string family;                      ///< a word of `fit --entropy`
  double train_bits = 0;                   ///< least code length on the rows learned from: the empirical V-entropy
  std::optional<double> test_bits;         ///< the same model on rows not seen
  std::optional<double> rademacher;        ///< empirical Rademacher complexity of the losses
  std::optional<double> rademacher_error;  ///< half the width of its 95 % confidence interval
  std::optional<double> pac_gap;           ///< the code length expected on new rows exceeds train_bits by at most this
  std::optional<std::uint64_t> rows_for_gap;  ///< from so many rows on the bound is at most the wanted gap
};

struct BoundsReport {
  std::uint64_t rows = 0, test_rows = 0;
  std::uint32_t channels = 0;
  double step = 0;              ///< of the uniform quantiser of KLT coefficients
  double nmse = 0;              ///< with it, on the rows learned from
  double gaussian_entropy = 0;  ///< no source of this covariance takes more at this step, to first order
  double gaussian_rate = 0;     ///< R(D) of a Gaussian source of this covariance, rows independent
  /// The same of what the best linear prediction from the undisturbed rows at the lags leaves: the Shannon lower bound
  /// of a Gaussian source with that memory. Nothing without lags, or with fewer than two rows for each row and channel
  /// seen
  std::optional<double> gaussian_rate_with_past;
  std::vector<FamilyBound> families;
};

/// @param train  rows of `channels` values, row-major, finite; at least 2.
/// @param test   the same, not learned from; may be empty.
/// Errors: bad_argument. Memory: some copies of the rows in binary64.
Result<BoundsReport> measure_bounds(std::span<const float> train, std::span<const float> test, std::uint32_t channels,
                                    const BoundsOptions& options);

}  // namespace actz
