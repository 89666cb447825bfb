#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "actz/tensor.hpp"
#include "base/cpu_kernel.hpp"
#include "tensor/float_convert.hpp"
#include "tensor/float_convert_kernels.hpp"

namespace actz {
namespace {

constexpr DType kAllDTypes[] = {DType::boolean, DType::u8,  DType::i8,  DType::u16,  DType::i16, DType::u32, DType::i32,
                                DType::u64,     DType::i64, DType::f16, DType::bf16, DType::f32, DType::f64};

TEST_CASE("every dtype is found again by its word and by its id") {
  for (const DType dtype : kAllDTypes) {
    CHECK(dtype_from_string(to_string(dtype)) == dtype);
    CHECK(dtype_from_id(static_cast<std::uint8_t>(dtype)) == dtype);
  }
  CHECK_FALSE(dtype_from_string("float32").has_value());
  CHECK_FALSE(dtype_from_string("").has_value());
}

TEST_CASE("exactly the listed ids are dtypes") {
  int known = 0;
  for (unsigned id = 0; id < 256; ++id) known += dtype_from_id(static_cast<std::uint8_t>(id)).has_value() ? 1 : 0;
  CHECK(known == static_cast<int>(std::size(kAllDTypes)));
}

TEST_CASE("element sizes and float-ness match the words") {
  CHECK(element_bytes(DType::boolean) == 1);
  CHECK(element_bytes(DType::bf16) == 2);
  CHECK(element_bytes(DType::f32) == 4);
  CHECK(element_bytes(DType::i64) == 8);
  CHECK(is_float(DType::bf16));
  CHECK_FALSE(is_float(DType::u32));
}

TEST_CASE("element_count is the product of the extents, one for 0-d, zero for empty tensors") {
  CHECK(*element_count({}, DType::f32) == 1);
  CHECK(*element_count({2, 3, 4}, DType::u8) == 24);
  CHECK(*element_count({5, 0, 7}, DType::f64) == 0);
}

TEST_CASE("element_count refuses what does not fit in 2^63 - 1 bytes, wherever the large extent stands") {
  const std::uint64_t huge = std::uint64_t{1} << 62;
  CHECK(element_count({huge}, DType::u8).has_value());
  CHECK(element_count({huge, 2}, DType::u8).error().code == ErrorCode::limit_exceeded);
  CHECK(element_count({huge}, DType::f32).error().code == ErrorCode::limit_exceeded);
  CHECK(element_count({huge, huge, 16}, DType::u8).error().code == ErrorCode::limit_exceeded);
  CHECK(*element_count({huge, huge, 0}, DType::u8) == 0);
  CHECK(*element_count({0, huge, huge}, DType::u8) == 0);
}

TEST_CASE("shapes print as lists") {
  CHECK(to_string(Shape{}) == "[]");
  CHECK(to_string(Shape{32, 256, 128}) == "[32, 256, 128]");
}

TEST_CASE("every error code has its word") {
  CHECK(to_string(ErrorCode::need_more_input) == "need_more_input");
  CHECK(to_string(ErrorCode::corrupt_bounds) == "corrupt_bounds");
  CHECK(to_string(ErrorCode::io) == "io");
  CHECK(to_string(static_cast<ErrorCode>(99)) == "unknown");
}

/// A second, independent definition: the value of a finite pattern in binary64, which holds all of ours exactly.
double value_of(std::uint64_t magnitude, int exponent_bits, int mantissa_bits) {
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const auto exponent = static_cast<int>(magnitude >> mantissa_bits);
  const auto mantissa = static_cast<double>(magnitude & ((std::uint64_t{1} << mantissa_bits) - 1));
  const double one = std::ldexp(1.0, mantissa_bits);
  if (exponent == 0) return std::ldexp(mantissa, 1 - bias - mantissa_bits);
  return std::ldexp(one + mantissa, exponent - bias - mantissa_bits);
}

bool is_nan_f32(std::uint32_t bits) { return (bits & 0x7FFFFFFFu) > 0x7F800000u; }

struct NarrowFormat {
  DType dtype;
  int exponent_bits;
  int mantissa_bits;
  std::uint32_t infinity() const { return ((1u << exponent_bits) - 1) << mantissa_bits; }
  std::uint32_t quiet_nan_bit() const { return 1u << (mantissa_bits - 1); }
};
constexpr NarrowFormat kNarrowFormats[] = {{DType::f16, 5, 10}, {DType::bf16, 8, 7}};

std::vector<float> widen(DType dtype, const std::vector<std::uint16_t>& halves) {
  std::vector<float> wide(halves.size());
  floats_to_f32(dtype, std::as_bytes(std::span(halves)), wide);
  return wide;
}

std::vector<std::uint16_t> narrow(DType dtype, const std::vector<std::uint32_t>& patterns) {
  std::vector<float> wide(patterns.size());
  std::memcpy(wide.data(), patterns.data(), patterns.size() * 4);
  std::vector<std::uint16_t> halves(patterns.size());
  floats_from_f32(dtype, wide, std::as_writable_bytes(std::span(halves)));
  return halves;
}

/// Runs the body once per kernel this CPU has.
template <class Body>
void with_each_kernel(Body body) {
  const CpuKernel before = active_cpu_kernel();
  for (const CpuKernel kernel : supported_cpu_kernels()) {
    REQUIRE(set_cpu_kernel(kernel));
    CAPTURE(to_string(kernel));
    body();
  }
  set_cpu_kernel(before);
}

TEST_CASE("widening is exact for all 65536 patterns, and quiets NaNs") {
  std::vector<std::uint16_t> all(65536);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint16_t>(i);
  with_each_kernel([&] {
    for (const NarrowFormat& format : kNarrowFormats) {
      const auto wide = widen(format.dtype, all);
      std::size_t wrong = 0;
      for (std::uint32_t half = 0; half < 65536; ++half) {
        const std::uint32_t magnitude = half & 0x7FFFu;
        const auto bits = std::bit_cast<std::uint32_t>(wide[half]);
        std::uint32_t expected = (half & 0x8000u) << 16;
        if (magnitude > format.infinity()) {
          expected |= 0x7FC00000u | (magnitude - format.infinity()) << (23 - format.mantissa_bits);
        } else if (magnitude == format.infinity()) {
          expected |= 0x7F800000u;
        } else {
          const auto value = static_cast<float>(value_of(magnitude, format.exponent_bits, format.mantissa_bits));
          expected |= std::bit_cast<std::uint32_t>(value);
        }
        if (bits != expected) ++wrong;
      }
      CHECK(wrong == 0);
    }
  });
}

/// Nearest pattern by binary64 distances; the pattern after the largest finite one stands for 2^(bias + 1).
std::uint16_t nearest(std::uint32_t pattern, const NarrowFormat& format) {
  const std::uint32_t sign = (pattern >> 16) & 0x8000u;
  const std::uint32_t magnitude = pattern & 0x7FFFFFFFu;
  const int dropped_bits = 23 - format.mantissa_bits;
  if (magnitude > 0x7F800000u) {
    const std::uint32_t payload = (magnitude & 0x3FFFFFu) >> dropped_bits;
    return static_cast<std::uint16_t>(sign | format.infinity() | format.quiet_nan_bit() | payload);
  }
  if (magnitude == 0x7F800000u) return static_cast<std::uint16_t>(sign | format.infinity());
  const double value = value_of(magnitude, 8, 23);
  std::uint32_t low = 0;
  std::uint32_t high = format.infinity();
  while (high - low > 1) {
    const std::uint32_t middle = (low + high) / 2;
    (value_of(middle, format.exponent_bits, format.mantissa_bits) <= value ? low : high) = middle;
  }
  const double below = value - value_of(low, format.exponent_bits, format.mantissa_bits);
  const double above = value_of(high, format.exponent_bits, format.mantissa_bits) - value;
  const bool takes_high = above < below || (above == below && (high & 1u) == 0);
  return static_cast<std::uint16_t>(sign | (takes_high ? high : low));
}

std::vector<std::uint32_t> interesting_patterns(const NarrowFormat& format) {
  std::vector<std::uint32_t> patterns;
  const int dropped_bits = 23 - format.mantissa_bits;
  for (std::uint32_t half = 0; half < 65536; ++half) {
    const std::uint32_t wide = format.dtype == DType::f16 ? f16_to_f32_bits(static_cast<std::uint16_t>(half))
                                                          : bf16_to_f32_bits(static_cast<std::uint16_t>(half));
    const std::uint32_t midpoint = wide + (1u << (dropped_bits - 1));  // for normal numbers
    for (const std::uint32_t pattern : {wide - 1, wide, wide + 1, midpoint - 1, midpoint, midpoint + 1}) {
      patterns.push_back(pattern);
    }
  }
  std::mt19937 random(20240101);
  for (int i = 0; i < 100000; ++i) patterns.push_back(static_cast<std::uint32_t>(random()));
  for (std::uint32_t p = 0x32000000u; p < 0x38900000u; p += 997) patterns.push_back(p);  // f16's subnormals
  return patterns;
}

TEST_CASE("narrowing rounds to nearest even at and beside every value and midpoint") {
  for (const NarrowFormat& format : kNarrowFormats) {
    const auto patterns = interesting_patterns(format);
    std::vector<std::uint16_t> expected;
    for (const std::uint32_t pattern : patterns) expected.push_back(nearest(pattern, format));
    with_each_kernel([&] { CHECK(narrow(format.dtype, patterns) == expected); });
  }
}

TEST_CASE("narrowing turns into infinity exactly from half a step above the largest value") {
  CHECK(f32_to_f16_bits(0x477FEFFFu) == 0x7BFF);
  CHECK(f32_to_f16_bits(0x477FF000u) == 0x7C00);
  CHECK(f32_to_bf16_bits(0x7F7F7FFFu) == 0x7F7F);
  CHECK(f32_to_bf16_bits(0x7F7F8000u) == 0x7F80);
  CHECK(f64_to_f32_bits(0x47EFFFFFEFFFFFFFu) == 0x7F7FFFFFu);
  CHECK(f64_to_f32_bits(0xC7EFFFFFF0000000u) == 0xFF800000u);
}

std::vector<std::uint64_t> interesting_f64_patterns() {
  std::mt19937_64 random(7);
  std::vector<std::uint64_t> patterns(1000, 0);  // a run of zeros stays on the fast path
  for (int i = 0; i < 200000; ++i) {
    patterns.push_back(random());
    const auto wide = std::bit_cast<std::uint64_t>(
        static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(random()) & 0xFF7FFFFFu)));  // finite
    for (const std::uint64_t step : {0x0FFFFFFFu, 0x10000000u, 0x10000001u, 1u, 0u}) patterns.push_back(wide + step);
  }
  for (std::uint64_t exponent = 860; exponent < 910; ++exponent) {
    for (int i = 0; i < 200; ++i) patterns.push_back(exponent << 52 | (random() >> 12));
    patterns.push_back(exponent << 52);
  }
  return patterns;
}

TEST_CASE("f64 to f32 agrees with the processor's conversion, NaN payloads with the rule") {
  const auto patterns = interesting_f64_patterns();
  with_each_kernel([&] {
    std::vector<float> got(patterns.size());
    floats_to_f32(DType::f64, std::as_bytes(std::span(patterns)), got);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      const auto value = std::bit_cast<double>(patterns[i]);
      const auto sign = static_cast<std::uint32_t>(patterns[i] >> 63) << 31;
      const std::uint32_t expected =
          std::isnan(value) ? sign | 0x7FC00000u | (static_cast<std::uint32_t>(patterns[i] >> 29) & 0x3FFFFFu)
                            : std::bit_cast<std::uint32_t>(static_cast<float>(value));
      if (std::bit_cast<std::uint32_t>(got[i]) != expected) ++wrong;
    }
    CHECK(wrong == 0);
  });
}

TEST_CASE("f32 to f64 and back is the identity, but for signalling NaNs") {
  std::mt19937 random(3);
  std::size_t wrong = 0;
  for (int i = 0; i < 300000; ++i) {
    const auto bits = static_cast<std::uint32_t>(random()) & (i % 3 == 0 ? 0x807FFFFFu : 0xFFFFFFFFu);
    const std::uint32_t expected = is_nan_f32(bits) ? bits | 0x400000u : bits;
    const std::uint64_t wide = f32_to_f64_bits(bits);
    if (f64_to_f32_bits(wide) != expected) ++wrong;
    if (!is_nan_f32(bits) && std::bit_cast<double>(wide) != static_cast<double>(std::bit_cast<float>(bits))) ++wrong;
  }
  CHECK(wrong == 0);
}

TEST_CASE("f32 to f32 keeps every bit, signalling NaNs too") {
  const std::vector<std::uint32_t> patterns{0x7F800001u, 0xFFC12345u, 0x80000000u, 1u};
  std::vector<float> copy(patterns.size());
  floats_to_f32(DType::f32, std::as_bytes(std::span(patterns)), copy);
  CHECK(std::memcmp(copy.data(), patterns.data(), 16) == 0);
}

TEST_CASE("all lengths and alignments give the scalar result and touch nothing beyond the end") {
  constexpr std::size_t kMaxElems = 41;
  std::mt19937 random(11);
  std::vector<std::byte> from(kMaxElems * 8 + 8);
  for (std::byte& b : from) b = static_cast<std::byte>(random());
  for (const DType dtype : {DType::f16, DType::bf16, DType::f64}) {
    for (std::size_t count_elems = 0; count_elems <= kMaxElems; ++count_elems) {
      const auto source = std::span(from).subspan(count_elems % 7, count_elems * element_bytes(dtype));
      std::vector<std::vector<float>> wide;
      std::vector<std::vector<std::byte>> back;
      with_each_kernel([&] {
        wide.emplace_back(count_elems + 1, -1.0F);
        floats_to_f32(dtype, source, std::span(wide.back()).first(count_elems));
        CHECK(wide.back().back() == -1.0F);
        back.emplace_back(source.size() + 4, std::byte{0x5A});
        const auto to = std::span(back.back()).subspan(1, source.size());
        floats_from_f32(dtype, std::span(wide.back()).first(count_elems), to);
        CHECK(back.back()[source.size() + 1] == std::byte{0x5A});
        CHECK(std::memcmp(wide.back().data(), wide.front().data(), count_elems * 4) == 0);
        CHECK(back.back() == back.front());
      });
    }
  }
}

TEST_CASE("the avx2 kernels convert whole groups and leave the rest to the scalar code") {
  if (!float_convert::avx2_usable()) return;
  std::vector<std::byte> from(64);
  std::vector<std::byte> to(64);
  CHECK(float_convert::f16_to_f32_avx2(from.data(), to.data(), 15) == 8);
  CHECK(float_convert::f64_to_f32_avx2(from.data(), to.data(), 7) == 4);
}

}  // namespace
}  // namespace actz
