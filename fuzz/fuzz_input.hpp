#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "actz/archive.hpp"

/// What the fuzz targets share: how they take bytes, limits under which nothing takes long, and checksums.

namespace actz::fuzz {

using Bytes = std::vector<std::byte>;

inline std::span<const std::byte> input(const std::uint8_t* data, std::size_t size_bytes) {
  return std::as_bytes(std::span(data, size_bytes));
}

/// Ends the program, as a sanitizer would, if a promise is broken.
inline void promise(bool kept) {
  if (!kept) std::abort();
}

/// Small, so that an input cannot ask for much time or memory.
DecodeOptions small_limits();

/// A copy of a file whose CRCs of the header and of each section are made right, so that what stands behind them is
/// reached. Sections are walked by their lengths; a section that leaves the file ends there.
Bytes sealed(std::span<const std::byte> file);

/// All tensors of a file, one after the other, read from front to back.
Result<Bytes> decode_front_to_back(std::span<const std::byte> file);

}  // namespace actz::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes);
