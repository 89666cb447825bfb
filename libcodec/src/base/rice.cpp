#include "base/rice.hpp"

#include <algorithm>
#include <string>

#include "base/bit_reader.hpp"
#include "base/bit_writer.hpp"
#include "base/try.hpp"

namespace actz {
namespace {

constexpr unsigned kParameterBits = 5;   // k = 0…31
constexpr unsigned kQuotientLimit = 24;  // from here on the value follows in 32 plain bits

std::uint32_t zigzag(std::int32_t value) {
  return (static_cast<std::uint32_t>(value) << 1) ^ static_cast<std::uint32_t>(value >> 31);
}
std::int32_t unzigzag(std::uint32_t code) { return static_cast<std::int32_t>((code >> 1) ^ (~(code & 1) + 1)); }

std::uint64_t code_bits(std::uint32_t code, unsigned k) {
  const std::uint32_t quotient = code >> k;
  return quotient < kQuotientLimit ? quotient + 1 + k : kQuotientLimit + 32;
}

struct RowCode {
  unsigned k = 0;
  std::uint64_t bits = 0;
};

RowCode best_row_code(std::span<const std::int32_t> row) {
  RowCode best{0, ~std::uint64_t{0}};
  for (unsigned k = 0; k < 24; ++k) {
    std::uint64_t bits = kParameterBits;
    for (const std::int32_t value : row) bits += code_bits(zigzag(value), k);
    if (bits < best.bits) best = {k, bits};
  }
  return best;
}

template <class Visit>
void for_each_row(std::span<const std::int32_t> values, std::size_t row_length, Visit visit) {
  if (row_length == 0) row_length = std::max<std::size_t>(values.size(), 1);
  for (std::size_t at = 0; at < values.size(); at += row_length) {
    visit(values.subspan(at, std::min(row_length, values.size() - at)));
  }
}

}  // namespace

void write_rice_array(ByteWriter& out, std::span<const std::int32_t> values, std::size_t row_length) {
  BitWriter bits;
  for_each_row(values, row_length, [&](std::span<const std::int32_t> row) {
    const unsigned k = best_row_code(row).k;
    bits.bits(k, kParameterBits);
    for (const std::int32_t value : row) {
      const std::uint32_t code = zigzag(value);
      const std::uint32_t quotient = code >> k;
      if (quotient < kQuotientLimit) {
        bits.bits((std::uint64_t{1} << quotient) - 1, quotient + 1);  // ones, then a zero
        bits.bits(code, k);
      } else {
        bits.bits((std::uint64_t{1} << kQuotientLimit) - 1, kQuotientLimit);
        bits.bits(code, 32);
      }
    }
  });
  out.bytes(bits.finish());
}

std::uint64_t rice_array_bits(std::span<const std::int32_t> values, std::size_t row_length) {
  std::uint64_t bits = 0;
  for_each_row(values, row_length, [&](std::span<const std::int32_t> row) { bits += best_row_code(row).bits; });
  return bits;
}

Result<std::vector<std::int32_t>> read_rice_array(ByteReader& in, std::size_t count, std::size_t row_length,
                                                  std::int32_t minimum, std::int32_t maximum, const char* field) {
  // Every value takes at least one bit: a count that the bytes cannot hold is refused before memory is taken.
  if (count / 8 > in.remaining_bytes()) {  // R-MODEL-03
    return in.error_here(ErrorCode::corrupt_bounds, std::string("section ends inside ") + field);
  }
  if (row_length == 0) row_length = std::max<std::size_t>(count, 1);
  std::vector<std::int32_t> out(count);
  BitReader bits(in.rest());
  unsigned k = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (i % row_length == 0) k = static_cast<unsigned>(bits.bits(kParameterBits));
    unsigned quotient = 0;
    while (quotient < kQuotientLimit && bits.bits(1) == 1) ++quotient;
    std::uint64_t code = 0;
    if (quotient == kQuotientLimit) {
      code = bits.bits(32);
    } else {
      code = (std::uint64_t{quotient} << k) | bits.bits(k);
    }
    if (bits.overrun()) {
      return in.error_here(ErrorCode::corrupt_bounds, std::string("section ends inside ") + field);
    }
    if (code > 0xFFFFFFFFu) return in.error_here(ErrorCode::corrupt, std::string(field) + " is out of range");
    const std::int32_t value = unzigzag(static_cast<std::uint32_t>(code));
    if (value < minimum || value > maximum) {  // R-MODEL-04
      return in.error_here(ErrorCode::corrupt, std::string(field) + " is out of range");
    }
    out[i] = value;
  }
  const std::uint64_t used_bytes = (bits.position_bits() + 7) / 8;
  if (bits.bits(static_cast<unsigned>(used_bytes * 8 - bits.position_bits())) != 0) {  // R-MODEL-05
    return in.error_here(ErrorCode::corrupt, std::string("padding after ") + field + " is not zero");
  }
  ACTZ_TRY([[maybe_unused]] const auto consumed, in.bytes(used_bytes, field));
  return out;
}

}  // namespace actz
