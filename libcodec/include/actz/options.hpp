#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace actz {

/// Caps that a reader enforces before it allocates. The defaults suit files of one's own; lower them for files
/// of strangers.
struct DecodeLimits {
  /// Decoded bytes of one chunk; and of all chunks that threads decode at once, unless it is one. Chunks that this
  /// library writes by default have 16 MiB at most
  std::uint64_t max_chunk_bytes = std::uint64_t{1} << 28;
  std::uint64_t max_section_bytes = std::uint64_t{1} << 30;  ///< coded bytes of one section
  std::uint64_t max_header_bytes = std::uint64_t{1} << 24;   ///< of metadata and all headers of tensors together
  /// Decoded bytes of one tensor (nothing of that size is allocated)
  std::uint64_t max_tensor_bytes = std::uint64_t{1} << 46;
  std::uint32_t max_tensors = 65536;

  /// Limits under which decoding chunks takes no more memory than about this: a chunk takes up to four times its
  /// decoded bytes. Comes to it: the index and models of the file, which are no larger in memory than on disk; and of
  /// files with references, dictionaries or source chunks what 9.3 of the specification says. The default is 1 GiB.
  static DecodeLimits of_memory(std::uint64_t bytes) {
    DecodeLimits out;
    out.max_chunk_bytes = bytes / 4;
    out.max_section_bytes = bytes;
    return out;
  }
};

/// Progress of a long call: elements done and in all. Called from the calling thread.
using ProgressCallback = void (*)(void* context, std::uint64_t done_elems, std::uint64_t total_elems);

}  // namespace actz
