#include "tensor/float_convert.hpp"

#include <algorithm>
#include <bit>
#include <cfloat>
#include <cstring>

#include "base/bytes.hpp"
#include "base/cpu_kernel.hpp"
#include "tensor/float_convert_kernels.hpp"

// Products and sums must be rounded to binary32 one by one (4.7); x87 would keep them longer.
static_assert(FLT_EVAL_METHOD == 0, "compile with -msse2 -mfpmath=sse");

namespace actz {
namespace {

/// value / 2^shift_bits, rounded to nearest, ties to even; shift_bits 1…63.
constexpr std::uint64_t shift_right_to_nearest_even(std::uint64_t value, unsigned shift_bits) {
  const std::uint64_t kept = value >> shift_bits;
  const std::uint64_t lost = value & ((std::uint64_t{1} << shift_bits) - 1);
  const std::uint64_t half = std::uint64_t{1} << (shift_bits - 1);
  return kept + ((lost > half || (lost == half && (kept & 1) != 0)) ? 1 : 0);
}

/// A binary interchange format: sign, exponent, mantissa.
struct FloatFormat {
  unsigned exponent_bits;
  unsigned mantissa_bits;
  constexpr std::uint64_t bias() const { return (std::uint64_t{1} << (exponent_bits - 1)) - 1; }
  constexpr std::uint64_t infinity() const { return ((std::uint64_t{1} << exponent_bits) - 1) << mantissa_bits; }
  constexpr std::uint64_t quiet_bit() const { return std::uint64_t{1} << (mantissa_bits - 1); }
};
constexpr FloatFormat kF16{5, 10};
constexpr FloatFormat kF32{8, 23};
constexpr FloatFormat kF64{11, 52};

constexpr std::uint64_t narrow_subnormal(std::uint64_t magnitude, FloatFormat from, FloatFormat to) {
  const std::uint64_t exponent = magnitude >> from.mantissa_bits;
  if (exponent == 0) return 0;  // far below half the smallest subnormal of the narrow format
  const std::uint64_t hidden_one = std::uint64_t{1} << from.mantissa_bits;
  const std::uint64_t mantissa = (magnitude & (hidden_one - 1)) | hidden_one;
  // mantissa · 2^(exponent - from.bias - from.mantissa_bits), counted in units of 2^(1 - to.bias - to.mantissa_bits)
  const std::uint64_t shift_bits = 1 + from.bias() + from.mantissa_bits - to.bias() - to.mantissa_bits - exponent;
  if (shift_bits > from.mantissa_bits + 1) return 0;  // below one half
  return shift_right_to_nearest_even(mantissa, static_cast<unsigned>(shift_bits));
}

constexpr std::uint64_t narrow_magnitude(std::uint64_t magnitude, FloatFormat from, FloatFormat to) {
  const unsigned dropped_bits = from.mantissa_bits - to.mantissa_bits;
  if (magnitude > from.infinity()) {
    return to.infinity() | to.quiet_bit() | ((magnitude ^ from.infinity()) >> dropped_bits);
  }
  const std::uint64_t bias_difference = (from.bias() - to.bias()) << from.mantissa_bits;
  const std::uint64_t smallest_normal = bias_difference + (std::uint64_t{1} << from.mantissa_bits);
  if (magnitude < smallest_normal) return narrow_subnormal(magnitude, from, to);
  return std::min(shift_right_to_nearest_even(magnitude - bias_difference, dropped_bits), to.infinity());
}

constexpr std::uint64_t widen_magnitude(std::uint64_t magnitude, FloatFormat from, FloatFormat to) {
  const unsigned added_bits = to.mantissa_bits - from.mantissa_bits;
  if (magnitude > from.infinity()) {
    return to.infinity() | to.quiet_bit() | ((magnitude ^ from.infinity()) << added_bits);
  }
  if (magnitude == from.infinity()) return to.infinity();
  if (magnitude == 0) return 0;
  const std::uint64_t hidden_one = std::uint64_t{1} << from.mantissa_bits;
  const std::uint64_t bias_difference = to.bias() - from.bias();
  if (magnitude >= hidden_one) return (bias_difference << to.mantissa_bits) + (magnitude << added_bits);
  const unsigned lead_bits = from.mantissa_bits + 1 - static_cast<unsigned>(std::bit_width(magnitude));
  const std::uint64_t exponent = bias_difference + 1 - lead_bits;
  return (exponent << to.mantissa_bits) +
         ((magnitude << (added_bits + lead_bits)) - (std::uint64_t{1} << to.mantissa_bits));
}

}  // namespace

std::uint32_t f16_to_f32_bits(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000u) << 16;
  return sign | static_cast<std::uint32_t>(widen_magnitude(half & 0x7FFFu, kF16, kF32));
}

std::uint32_t bf16_to_f32_bits(std::uint16_t bfloat) {
  const std::uint32_t quiet_bit = (bfloat & 0x7FFFu) > 0x7F80u ? 0x400000u : 0u;
  return (std::uint32_t{bfloat} << 16) | quiet_bit;
}

std::uint32_t f64_to_f32_bits(std::uint64_t binary64) {
  const std::uint32_t sign = static_cast<std::uint32_t>(binary64 >> 63) << 31;
  return sign | static_cast<std::uint32_t>(narrow_magnitude(binary64 & ~(std::uint64_t{1} << 63), kF64, kF32));
}

std::uint16_t f32_to_f16_bits(std::uint32_t binary32) {
  const std::uint32_t sign = (binary32 >> 16) & 0x8000u;
  return static_cast<std::uint16_t>(sign | narrow_magnitude(binary32 & 0x7FFFFFFFu, kF32, kF16));
}

std::uint16_t f32_to_bf16_bits(std::uint32_t binary32) {
  if ((binary32 & 0x7FFFFFFFu) > 0x7F800000u) return static_cast<std::uint16_t>((binary32 >> 16) | 0x40u);
  const std::uint32_t to_nearest_even = 0x7FFFu + ((binary32 >> 16) & 1u);
  return static_cast<std::uint16_t>((binary32 + to_nearest_even) >> 16);
}

std::uint64_t f32_to_f64_bits(std::uint32_t binary32) {
  const std::uint64_t sign = static_cast<std::uint64_t>(binary32 >> 31) << 63;
  return sign | widen_magnitude(binary32 & 0x7FFFFFFFu, kF32, kF64);
}

namespace float_convert {
namespace {

// Binary32 is in host order (it is a float in memory), the other side little-endian.
template <class From, std::uint32_t (*kConvert)(From)>
void widen_all(const std::byte* from, std::byte* to, std::size_t count_elems) {
  for (std::size_t i = 0; i < count_elems; ++i) {
    const std::uint32_t bits = kConvert(load_le<From>(from + i * sizeof(From)));
    std::memcpy(to + i * sizeof(bits), &bits, sizeof(bits));
  }
}

template <class To, To (*kConvert)(std::uint32_t)>
void narrow_all(const std::byte* from, std::byte* to, std::size_t count_elems) {
  for (std::size_t i = 0; i < count_elems; ++i) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, from + i * sizeof(bits), sizeof(bits));
    store_le(to + i * sizeof(To), kConvert(bits));
  }
}

}  // namespace

void f16_to_f32_scalar(const std::byte* from, std::byte* to, std::size_t count_elems) {
  widen_all<std::uint16_t, f16_to_f32_bits>(from, to, count_elems);
}
void bf16_to_f32_scalar(const std::byte* from, std::byte* to, std::size_t count_elems) {
  widen_all<std::uint16_t, bf16_to_f32_bits>(from, to, count_elems);
}
void f64_to_f32_scalar(const std::byte* from, std::byte* to, std::size_t count_elems) {
  widen_all<std::uint64_t, f64_to_f32_bits>(from, to, count_elems);
}
void f32_to_f16_scalar(const std::byte* from, std::byte* to, std::size_t count_elems) {
  narrow_all<std::uint16_t, f32_to_f16_bits>(from, to, count_elems);
}
void f32_to_bf16_scalar(const std::byte* from, std::byte* to, std::size_t count_elems) {
  narrow_all<std::uint16_t, f32_to_bf16_bits>(from, to, count_elems);
}
void f32_to_f64_scalar(const std::byte* from, std::byte* to, std::size_t count_elems) {
  narrow_all<std::uint64_t, f32_to_f64_bits>(from, to, count_elems);
}

}  // namespace float_convert

namespace {

/// The same in both directions: turns each word between little-endian and host order.
void copy_f32(const std::byte* from, std::byte* to, std::size_t count_elems) {
  if constexpr (std::endian::native == std::endian::little) {
    if (count_elems > 0) std::memcpy(to, from, count_elems * 4);
  } else {
    for (std::size_t i = 0; i < count_elems; ++i) {
      const auto bits = load_le<std::uint32_t>(from + i * 4);
      std::memcpy(to + i * 4, &bits, 4);
    }
  }
}

using ScalarKernel = void (*)(const std::byte*, std::byte*, std::size_t);
using FastKernel = std::size_t (*)(const std::byte*, std::byte*, std::size_t);

void convert(ScalarKernel scalar, FastKernel fast, std::size_t from_bytes, std::size_t to_bytes, const std::byte* from,
             std::byte* to, std::size_t count_elems) {
  const bool use_fast = active_cpu_kernel() != CpuKernel::scalar && float_convert::avx2_usable();
  const std::size_t done_elems = use_fast ? fast(from, to, count_elems) : 0;
  scalar(from + done_elems * from_bytes, to + done_elems * to_bytes, count_elems - done_elems);
}

}  // namespace

void floats_to_f32(DType dtype, std::span<const std::byte> from, std::span<float> to) {
  namespace fc = float_convert;
  std::byte* const out = std::as_writable_bytes(to).data();
  switch (dtype) {
    case DType::f16: return convert(fc::f16_to_f32_scalar, fc::f16_to_f32_avx2, 2, 4, from.data(), out, to.size());
    case DType::bf16: return fc::bf16_to_f32_scalar(from.data(), out, to.size());
    case DType::f64: return convert(fc::f64_to_f32_scalar, fc::f64_to_f32_avx2, 8, 4, from.data(), out, to.size());
    case DType::f32: return copy_f32(from.data(), out, to.size());
    default: return;
  }
}

void floats_from_f32(DType dtype, std::span<const float> from, std::span<std::byte> to) {
  namespace fc = float_convert;
  const std::byte* const in = std::as_bytes(from).data();
  switch (dtype) {
    case DType::f16: return convert(fc::f32_to_f16_scalar, fc::f32_to_f16_avx2, 4, 2, in, to.data(), from.size());
    case DType::bf16: return convert(fc::f32_to_bf16_scalar, fc::f32_to_bf16_avx2, 4, 2, in, to.data(), from.size());
    case DType::f64: return fc::f32_to_f64_scalar(in, to.data(), from.size());
    case DType::f32: return copy_f32(in, to.data(), from.size());
    default: return;
  }
}

const float* view_as_f32(DType dtype, std::span<const std::byte> from, std::span<float> room) {
  const bool aligned = reinterpret_cast<std::uintptr_t>(from.data()) % alignof(float) == 0;
  if (dtype == DType::f32 && aligned && std::endian::native == std::endian::little) {
    return reinterpret_cast<const float*>(from.data());
  }
  floats_to_f32(dtype, from, room);
  return room.data();
}

}  // namespace actz
