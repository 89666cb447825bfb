#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "actz/tensor.hpp"

/// Conversions between floating-point formats, on their bit patterns. Integers only, so that neither the rounding
/// mode, nor flush-to-zero, nor the CPU can change a result.
/// Widening is exact. Narrowing rounds to nearest, ties to even; what is too large becomes an infinity.
/// Every conversion between different formats makes a NaN quiet and keeps its sign and the top bits of its payload.

namespace actz {

std::uint32_t f16_to_f32_bits(std::uint16_t half);
std::uint32_t bf16_to_f32_bits(std::uint16_t bfloat);
std::uint32_t f64_to_f32_bits(std::uint64_t binary64);
std::uint16_t f32_to_f16_bits(std::uint32_t binary32);
std::uint16_t f32_to_bf16_bits(std::uint32_t binary32);
std::uint64_t f32_to_f64_bits(std::uint32_t binary32);

/// Converts little-endian elements of a float type to binary32; f32 is copied bit by bit.
/// @param dtype  f16, bf16, f32 or f64; nothing is written for any other.
/// @param from   to.size() × element_bytes(dtype) bytes, any alignment, no overlap with `to`.
void floats_to_f32(DType dtype, std::span<const std::byte> from, std::span<float> to);

/// The reverse: binary32 to little-endian elements of a float type.
/// @param to  from.size() × element_bytes(dtype) bytes, any alignment, no overlap with `from`.
void floats_from_f32(DType dtype, std::span<const float> from, std::span<std::byte> to);

/// The same without a copy where there is nothing to convert: the elements themselves if they are f32 and lie as this
/// machine's floats do, else `room` after the conversion.
const float* view_as_f32(DType dtype, std::span<const std::byte> from, std::span<float> room);

}  // namespace actz
