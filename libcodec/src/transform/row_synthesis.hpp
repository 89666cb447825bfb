#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "linear/int_linear.hpp"
#include "transform/synthesis.hpp"

namespace actz {

/// A Synthesis made ready to run: the normative product S·q. Encoder and decoder run the same code.
class RowSynthesis {
 public:
  RowSynthesis(const Synthesis& synthesis, std::uint32_t channels);

  /// acc[i] += S · quantised[i] for every row, then the rounding shift to fixed-point units.
  /// @param quantised  rows of coefficients, padded to an even count.
  void reconstruct(std::span<const std::int16_t* const> quantised, std::span<std::int32_t* const> acc) const;

 private:
  struct Block {
    std::size_t first_channel = 0;
    std::size_t first_coefficient = 0;
    PackedMatrix matrix;
  };
  void add_blocks(std::span<const std::int16_t* const> quantised, std::span<std::int32_t* const> acc) const;

  SynthesisKind kind_;
  std::size_t channels_;
  std::vector<std::uint8_t> shift_;
  std::vector<std::int16_t> diagonal_;
  std::vector<Block> blocks_;  // dense: one
};

}  // namespace actz
