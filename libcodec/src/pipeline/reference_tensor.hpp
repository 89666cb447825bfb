#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "pipeline/loaded_chunk.hpp"
#include "pipeline/tensor_sample.hpp"

namespace actz {

/// A tensor that a writer keeps, as coded chunks, because later tensors are predicted from it.
struct ReferenceTensor {
  std::uint32_t index = 0;
  std::shared_ptr<const TensorHeader> header;
  unsigned depth = 0;  ///< tensors in its own chain of references
  SharedChunks chunks;

  /// The chunks that hold rows [first_row, end_row).
  SharedChunks covering(std::uint64_t first_row, std::uint64_t end_row) const;

  /// Whether every chunk of a tensor, cut into so many strands each, may be predicted from this one (R-CHNK-19).
  bool can_serve(const TensorHeader& tensor, const CutPlan& cut) const;
};

/// Puts the decoded rows of a reference beside the rows of a sample.
Status add_reference_rows(const ReferenceTensor& reference, TensorSample& sample);

}  // namespace actz
