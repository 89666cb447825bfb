#pragma once

#include <cstddef>

/// Sums for each channel apart, over rows one at a time, in binary64: the order of every sum is that of the rows, and
/// every kernel gives the same bits.

namespace actz {

/// sum[c] += x[c] − centre[c], square_sum[c] += (x[c] − centre[c])².
void add_moments(const float* x, const double* centre, double* sum, double* square_sum, std::size_t channels);
void add_moments(const double* x, const double* centre, double* sum, double* square_sum, std::size_t channels);

/// squared[c] += (x[c] − y[c])², largest[c] = the larger of it and |x[c] − y[c]|.
void add_errors(const float* x, const float* y, double* squared, double* largest, std::size_t channels);
void add_errors(const double* x, const double* y, double* squared, double* largest, std::size_t channels);

/// Whether every |x[c] − y[c]| is at most `limit`; false where one is not a number.
bool all_within(const float* x, const float* y, double limit, std::size_t channels);
bool all_within(const double* x, const double* y, double limit, std::size_t channels);

}  // namespace actz
