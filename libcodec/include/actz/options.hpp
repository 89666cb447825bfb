#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace actz {

/// Caps that a reader enforces before it allocates. The defaults suit files of one's own; lower them for files
/// of strangers.
struct DecodeLimits {
  std::uint64_t max_chunk_bytes = std::uint64_t{1} << 30;    ///< decoded bytes of one chunk
  std::uint64_t max_section_bytes = std::uint64_t{1} << 30;  ///< coded bytes of one section
  /// Decoded bytes of one tensor (nothing of that size is allocated)
  std::uint64_t max_tensor_bytes = std::uint64_t{1} << 46;
  std::uint32_t max_tensors = 65536;
};

/// Progress of a long call: elements done and in all. Called from the calling thread.
using ProgressCallback = void (*)(void* context, std::uint64_t done_elems, std::uint64_t total_elems);

}  // namespace actz
