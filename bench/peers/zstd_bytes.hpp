#pragma once

#include "measure/codec_run.hpp"

namespace actz::bench {

Bytes zstd_compress(std::span<const std::byte> plain, int level);

/// @param out  at least as large as what was compressed. Returns its bytes.
std::size_t zstd_decompress(std::span<const std::byte> coded, std::span<std::byte> out);

}  // namespace actz::bench
