#pragma once

#include <cstdint>

#include "quantize/enc_trellis.hpp"

namespace actz {

/// What a coefficient of one row remembers for the way back; as TrellisStep.
struct TrellisRowStep {
  std::int16_t index[2][2];
  std::uint8_t from_odd;
  std::uint8_t takes_zero;
};

/// The loop of enc_trellis_kernels.hpp for a row alone, which gives the same levels: 16 rows side by side take as long,
/// and most of it is fetching rates.
/// @param coefficients  tables.count of them, at most ±kLargestCoefficient.
/// @param activity      that the row starts with.
/// @param steps         work space, one per coefficient.
void trellis_of_row(const TrellisQuantizer::Tables& tables, unsigned state_bits, TrellisContexts contexts,
                    const float* coefficients, std::int32_t activity, TrellisRowStep* steps, std::int16_t* levels);

}  // namespace actz
