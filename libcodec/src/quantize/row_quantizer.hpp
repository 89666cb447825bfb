#pragma once

#include <cstdint>
#include <span>

namespace actz {

/// An encoder's decision: coefficients to levels, for the rows of a step together. The decoder knows nothing of it.
class RowQuantizer {
 public:
  virtual ~RowQuantizer() = default;
  /// @param coefficients  rows of coefficients in units of the grid of levels, padded to a multiple of 8.
  /// @param levels        rows of what the synthesis multiplies.
  /// @param activity      of each row before its first coefficient, for a context model; empty: kActivityStart.
  /// @param slopes        λ of each row over that of the quantiser; empty: 1.
  virtual void quantize(std::span<const float* const> coefficients, std::span<std::int16_t* const> levels,
                        std::span<const std::int32_t> activity = {}, std::span<const float> slopes = {}) const = 0;
};

}  // namespace actz
