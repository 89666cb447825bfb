#pragma once

#include <cstddef>
#include <cstdint>

#include "base/cpu_kernel.hpp"
#include "entropy/rans.hpp"

/// The loops behind RansDecoder and RansEncoder. A call handles symbols of one step, whose first symbol is lane 0's.

namespace actz {

/// Where a decoder stands.
struct DecodeCursor {
  const std::uint32_t* entries;  ///< of DecodeTables
  unsigned precision_bits;
  unsigned lanes;
  std::uint32_t* states;  ///< `lanes` of them, 64-byte aligned
  const std::byte* next_word;
  const std::byte* last_start;  ///< a group may start while next_word ≤ last_start
};

/// Decodes symbols first_symbol … symbol_count − 1, group by group of `lanes` symbols, while groups may start.
/// Reads up to 2 · lanes bytes past next_word of a group. Reads table offsets and writes symbols up to the end of the
/// last, partial group.
/// @param first_symbol  a multiple of lanes.
/// @return index of the first symbol not decoded: symbol_count, or a multiple of lanes.
using DecodeKernel = std::size_t (*)(DecodeCursor& cursor, const TableSchedule& schedule, std::size_t first_symbol,
                                     std::size_t symbol_count, std::uint8_t* out);

/// Where an encoder stands.
struct EncodeCursor {
  const EncodeEntry* entries;  ///< of EncodeTables
  unsigned precision_bits;
  unsigned lanes;
  std::uint32_t* states;  ///< `lanes` of them, 64-byte aligned
  std::byte* first_word;  ///< words are written below it; kWordSlackBytes below those may be overwritten
};

/// Bytes below the last word that an encode kernel may overwrite.
inline constexpr std::size_t kWordSlackBytes = 64;

/// Encodes a whole step, last symbol first. Reads table offsets and symbols up to the end of the last, partial group.
using EncodeKernel = void (*)(EncodeCursor& cursor, const TableSchedule& schedule, const std::uint8_t* symbols,
                              std::size_t symbol_count);

/// The kernel that `kernel` stands for at this number of lanes, which may be a narrower one.
DecodeKernel select_decode_kernel(CpuKernel kernel, unsigned lanes);
EncodeKernel select_encode_kernel(CpuKernel kernel, unsigned lanes);

std::size_t decode_scalar(DecodeCursor& cursor, const TableSchedule& schedule, std::size_t first_symbol,
                          std::size_t symbol_count, std::uint8_t* out);
void encode_scalar(EncodeCursor& cursor, const TableSchedule& schedule, const std::uint8_t* symbols,
                   std::size_t symbol_count);

#if defined(__x86_64__)
DecodeKernel decode_kernel_avx2(unsigned lanes);    ///< lanes ≥ 8
DecodeKernel decode_kernel_avx512(unsigned lanes);  ///< lanes ≥ 32
EncodeKernel encode_kernel_avx2(unsigned lanes);    ///< lanes ≥ 8
EncodeKernel encode_kernel_avx512(unsigned lanes);  ///< lanes ≥ 16
#endif

}  // namespace actz
