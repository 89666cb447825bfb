#pragma once

#include <cstddef>

/// Loops over whole buffers; bytes may have any alignment. The scalar ones are the definition. The avx2 ones convert
/// whole groups of 8 elements (f64: 4), say how many elements that was, and need AVX2 and F16C.
/// They stay for their gain (Gelem/s scalar -> avx2, 16 Mi elements, EPYC, g++ 12 -O3): f16 to f32 0.8 -> 3.6, back
/// 0.4 -> 3.8; f32 to bf16 2.8 -> 4.0; f64 to f32 0.6 -> 1.8. bf16 to f32 has none: the compiler does as well.

namespace actz::float_convert {

void f16_to_f32_scalar(const std::byte* from, std::byte* to, std::size_t count_elems);
void bf16_to_f32_scalar(const std::byte* from, std::byte* to, std::size_t count_elems);
void f64_to_f32_scalar(const std::byte* from, std::byte* to, std::size_t count_elems);
void f32_to_f16_scalar(const std::byte* from, std::byte* to, std::size_t count_elems);
void f32_to_bf16_scalar(const std::byte* from, std::byte* to, std::size_t count_elems);
void f32_to_f64_scalar(const std::byte* from, std::byte* to, std::size_t count_elems);

bool avx2_usable();
std::size_t f16_to_f32_avx2(const std::byte* from, std::byte* to, std::size_t count_elems);
std::size_t f64_to_f32_avx2(const std::byte* from, std::byte* to, std::size_t count_elems);
std::size_t f32_to_f16_avx2(const std::byte* from, std::byte* to, std::size_t count_elems);
std::size_t f32_to_bf16_avx2(const std::byte* from, std::byte* to, std::size_t count_elems);

}  // namespace actz::float_convert
