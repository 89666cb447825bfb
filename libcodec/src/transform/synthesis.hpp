#pragma once

#include <cstdint>
#include <vector>

namespace actz {

/// Values are the ids of format_spec/registry/transforms.csv.
enum class SynthesisKind : std::uint8_t { diagonal = 1, dense = 2, block = 3 };

/// The synthesis matrix S: quantised innovation to fixed-point row (format_spec/04_transforms.md).
struct Synthesis {
  SynthesisKind kind = SynthesisKind::diagonal;
  std::uint32_t coefficients = 0;                 ///< columns of S: symbols per row; diagonal: equal to the channels
  std::uint8_t shift = 0;                         ///< fraction bits of S beyond those of the fixed-point row
  std::uint32_t block_channels = 0;               ///< block: channels of a block, the last one may be smaller
  std::vector<std::uint16_t> block_coefficients;  ///< block: columns of each block
  /// diagonal: channels; dense: channels × coefficients, row-major; block: the blocks one after the other, each
  /// row-major.
  std::vector<std::int16_t> matrix;
};

}  // namespace actz
