#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bit_reader.hpp"
#include "base/bit_writer.hpp"
#include "base/byte_reader.hpp"
#include "base/byte_writer.hpp"
#include "base/bytes.hpp"
#include "base/checked_math.hpp"
#include "base/checksum.hpp"
#include "base/rice.hpp"

namespace actz {
namespace {

constexpr std::int32_t kInt32Min = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t kInt32Max = std::numeric_limits<std::int32_t>::max();
constexpr std::uint64_t kUint64Max = std::numeric_limits<std::uint64_t>::max();

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string hex(std::span<const std::byte> data) {
  std::string out;
  for (const std::byte value : data) {
    out += "0123456789abcdef"[static_cast<unsigned>(value) >> 4];
    out += "0123456789abcdef"[static_cast<unsigned>(value) & 15];
  }
  return out;
}

std::vector<std::byte> random_bytes(std::size_t count, std::mt19937_64& random) {
  std::vector<std::byte> out(count);
  for (auto& value : out) value = static_cast<std::byte>(random());
  return out;
}

std::uint64_t low_bits(std::uint64_t value, unsigned width_bits) {
  return width_bits == 64 ? value : value & ((std::uint64_t{1} << width_bits) - 1);
}

TEST_CASE("integers are stored with the least significant byte first, at any alignment") {
  std::array<std::byte, 9> cells{};
  store_le(&cells[1], std::uint64_t{0x0102030405060708});
  CHECK(hex(cells) == "000807060504030201");
  CHECK(load_le<std::uint64_t>(&cells[1]) == 0x0102030405060708);
  CHECK(load_le<std::uint32_t>(&cells[3]) == 0x03040506);
  CHECK(load_le<std::uint16_t>(&cells[8 - 1]) == 0x0102);
  CHECK(byte_swapped(std::uint16_t{0x0102}) == 0x0201);
  CHECK(byte_swapped(std::uint32_t{0x01020304}) == 0x04030201);
  CHECK(byte_swapped(std::uint64_t{0x0102030405060708}) == 0x0807060504030201);
}

TEST_CASE("checked arithmetic says when it would wrap") {
  CHECK(checked_add(kUint64Max - 1, 1) == kUint64Max);
  CHECK_FALSE(checked_add(kUint64Max, 1).has_value());
  CHECK(checked_mul(std::uint64_t{1} << 32, (std::uint64_t{1} << 32) - 1) == kUint64Max - 0xFFFFFFFF);
  CHECK_FALSE(checked_mul(std::uint64_t{1} << 32, std::uint64_t{1} << 32).has_value());
  CHECK(checked_mul(0, kUint64Max) == 0U);
  CHECK(ceil_div(0, 8) == 0);
  CHECK(ceil_div(1, 8) == 1);
  CHECK(ceil_div(8, 8) == 1);
  CHECK(ceil_div(kUint64Max, 2) == std::uint64_t{1} << 63);
  CHECK(round_up(9, 8) == 16);
}

TEST_CASE("byte fields read back in order") {
  ByteWriter out;
  out.u8(0xFE);
  out.u16(0xFEDC);
  out.u32(0);
  out.u64(kUint64Max - 5);
  out.text16("abc");
  out.patch_u32(3, 0xFEDCBA98);
  CHECK(out.position_bytes() == 20);
  const std::vector<std::byte> data = out.take();
  ByteReader in(data, 100);
  CHECK(*in.u8("a") == 0xFE);
  CHECK(*in.u16("b") == 0xFEDC);
  CHECK(*in.u32("c") == 0xFEDCBA98);
  CHECK(*in.u64("d") == kUint64Max - 5);
  CHECK(*in.u16("e") == 3);
  CHECK(hex(*in.bytes(3, "f")) == "616263");
  CHECK(in.remaining_bytes() == 0);
  CHECK(in.bytes(0, "g").has_value());
}

TEST_CASE("a field that does not fit is named, with its offset in the file, and not consumed") {
  const std::array<std::byte, 3> data{};
  ByteReader in(data, 100);
  CHECK(in.u8("first").has_value());
  for (const auto& error : {in.u32("width").error(), in.u64("width").error(), in.bytes(3, "width").error(),
                            in.bytes(kUint64Max, "width").error()}) {
    CHECK(error.code == ErrorCode::corrupt_bounds);
    CHECK(error.byte_offset == 101);
    CHECK(error.message == "section ends inside width");
  }
  CHECK(in.position_bytes() == 1);
  CHECK(in.u16("rest").has_value());
}

struct Field {
  std::uint64_t value;
  unsigned width_bits;
};

std::vector<Field> random_fields(std::size_t count, std::mt19937_64& random) {
  std::vector<Field> fields(count);
  for (auto& field : fields) field = {random(), static_cast<unsigned>(random() % 65)};
  return fields;
}

std::vector<std::byte> written(const std::vector<Field>& fields) {
  BitWriter out;
  std::uint64_t position_bits = 0;
  for (const Field& field : fields) {
    out.bits(field.value, field.width_bits);
    position_bits += field.width_bits;
    CHECK(out.position_bits() == position_bits);
  }
  return out.finish();
}

TEST_CASE("bit fields fill each byte from its least significant bit") {
  CHECK(hex(written({{1, 1}, {0, 2}, {1, 1}})) == "09");
  CHECK(hex(written({{0b101, 3}, {0x1FF, 9}})) == "fd0f");
  CHECK(hex(written({{0, 4}, {0x123456789ABCDEF0, 64}})) == "00efcdab8967452301");
  CHECK(written({}).empty());
  CHECK(written({{7, 0}}).empty());
}

TEST_CASE("bit fields of every width at every offset read back; bits above the width are dropped") {
  for (unsigned offset_bits = 0; offset_bits < 40; ++offset_bits) {
    for (unsigned width_bits = 0; width_bits <= 64; ++width_bits) {
      const std::vector<std::byte> data = written({{0, offset_bits}, {kUint64Max, width_bits}, {0, 3}});
      BitReader in(data);
      bool equal = in.bits(offset_bits) == 0;
      equal = equal && in.bits(width_bits) == low_bits(kUint64Max, width_bits);
      equal = equal && in.bits(3) == 0 && in.position_bits() == offset_bits + width_bits + 3;
      if (!equal || !in.at_end()) FAIL("offset " << offset_bits << ", width " << width_bits);
    }
  }
}

TEST_CASE("random bit fields read back") {
  std::mt19937_64 random(1);
  for (unsigned round = 0; round < 50; ++round) {
    const auto fields = random_fields(200, random);
    const auto data = written(fields);
    BitReader in(data);
    bool equal = true;
    for (const auto& [value, width_bits] : fields) equal = equal && in.bits(width_bits) == low_bits(value, width_bits);
    CHECK(equal);
    CHECK_FALSE(in.overrun());
    CHECK(in.at_end());
  }
}

TEST_CASE("past the end a bit reader gives zeros and says so") {
  for (std::size_t length = 0; length < 20; ++length) {
    const std::vector<std::byte> data(length, std::byte{0xFF});  // exactly as long: the sanitizer sees a read past it
    BitReader in(data);
    for (std::size_t bit = 0; bit < length * 8; ++bit) CHECK(in.bits(1) == 1);
    CHECK_FALSE(in.overrun());
    CHECK(in.at_end());
    CHECK(in.bits(1) == 0);
    CHECK(in.overrun());
    CHECK_FALSE(in.at_end());
    CHECK(in.bits(64) == 0);
    BitReader across(data);
    across.bits(static_cast<unsigned>(std::min<std::size_t>(length * 8, 4)));
    for (unsigned i = 0; i < 10; ++i) across.bits(64);
    CHECK(across.overrun());
  }
}

TEST_CASE("at_end demands zero padding of less than a byte") {
  const std::array<std::byte, 2> data = {std::byte{0x07}, std::byte{0x10}};
  BitReader one_byte_left(data);
  one_byte_left.bits(8);
  CHECK_FALSE(one_byte_left.at_end());
  BitReader set_padding(data);
  set_padding.bits(12);
  CHECK_FALSE(set_padding.at_end());
  BitReader good(data);
  good.bits(13);
  CHECK(good.at_end());
}

TEST_CASE("exp-golomb codes read back and have the promised lengths") {
  std::mt19937_64 random(2);
  std::vector<std::uint32_t> values = {0, 1, 2, 3, 6, 7, 0x7FFFFFFE, 0x7FFFFFFF, 0xFFFFFFFD, 0xFFFFFFFE};
  for (unsigned i = 0; i < 1000; ++i) values.push_back(static_cast<std::uint32_t>(random() >> (32 + random() % 32)));
  std::replace(values.begin(), values.end(), 0xFFFFFFFFu, 0u);
  BitWriter out;
  for (const std::uint32_t value : values) {
    const std::uint64_t before = out.position_bits();
    out.exp_golomb(value);
    CHECK(out.position_bits() - before == 2 * static_cast<unsigned>(std::bit_width(std::uint64_t{value} + 1)) - 1);
  }
  const auto data = out.finish();
  BitReader in(data);
  for (const std::uint32_t value : values) CHECK(in.exp_golomb() == value);
  CHECK(in.at_end());
}

TEST_CASE("exp-golomb codes without a leading one are no codes") {
  const std::vector<std::byte> zeros(16);
  CHECK_FALSE(BitReader(zeros).exp_golomb().has_value());
  CHECK_FALSE(BitReader({}).exp_golomb().has_value());
}

std::vector<std::byte> rice_bytes(const std::vector<std::int32_t>& values, std::size_t row_length) {
  ByteWriter out;
  write_rice_array(out, values, row_length);
  return out.take();
}

Result<std::vector<std::int32_t>> read_rice(const std::vector<std::byte>& data, std::size_t count,
                                            std::size_t row_length, std::int32_t minimum = kInt32Min,
                                            std::int32_t maximum = kInt32Max) {
  ByteReader in(data);
  return read_rice_array(in, count, row_length, minimum, maximum, "weights");
}

void check_rice(const std::vector<std::int32_t>& values, std::size_t row_length) {
  CAPTURE(values.size());
  CAPTURE(row_length);
  ByteWriter out;
  out.u8(0xAB);
  write_rice_array(out, values, row_length);
  out.u8(0xCD);
  CHECK(out.position_bytes() == 2 + ceil_div(rice_array_bits(values, row_length), 8));
  const std::vector<std::byte> data = out.take();
  ByteReader in(data);
  CHECK(*in.u8("before") == 0xAB);
  const auto got = read_rice_array(in, values.size(), row_length, kInt32Min, kInt32Max, "weights");
  REQUIRE(got.has_value());
  CHECK(*got == values);
  CHECK(*in.u8("after") == 0xCD);
}

TEST_CASE("rice arrays of every scale and row length read back") {
  std::mt19937_64 random(3);
  for (unsigned scale_bits = 0; scale_bits <= 32; ++scale_bits) {
    for (const std::size_t row_length : {0U, 1U, 7U, 64U, 200U, 1000U}) {
      std::vector<std::int32_t> values(200);
      for (auto& value : values) {
        const auto code = static_cast<std::uint32_t>(low_bits(random(), scale_bits));
        value = static_cast<std::int32_t>((code >> 1) ^ (~(code & 1) + 1));
      }
      check_rice(values, row_length);
    }
  }
}

TEST_CASE("rice arrays of extremes, of outliers and of nothing read back") {
  for (const std::size_t row_length : {0U, 1U, 2U, 5U}) {
    for (const std::vector<std::int32_t>& values :
         {std::vector<std::int32_t>{}, {0}, {kInt32Min}, {kInt32Max}, {kInt32Min, kInt32Max, 0, -1, 1}}) {
      check_rice(values, row_length);
    }
  }
  check_rice(std::vector<std::int32_t>(300, kInt32Min), 100);
  std::vector<std::int32_t> outlier(1000, 0);
  outlier[500] = kInt32Min;  // among zeros: takes the escape
  outlier[501] = kInt32Max;
  check_rice(outlier, 0);
  for (std::int32_t value = -60; value <= 60; ++value) {  // quotients around the escape, at k = 0
    std::vector<std::int32_t> zeros(400, 0);
    zeros[3] = value;
    check_rice(zeros, 0);
  }
}

TEST_CASE("a row of zeros costs its parameter and a bit per value") {
  CHECK(rice_array_bits(std::vector<std::int32_t>(100, 0), 50) == 2 * 5 + 100);
  // k = 0 in five bits, then 0 as "0", -1 as "10", 1 as "110", first bit lowest.
  CHECK(hex(rice_bytes({0, -1, 1}, 0)) == "4003");
}

TEST_CASE("a rice array cut at any byte is refused") {
  std::mt19937_64 random(4);
  for (const std::size_t row_length : {0U, 1U, 13U}) {
    std::vector<std::int32_t> values(150);
    for (auto& value : values) value = static_cast<std::int32_t>(random() % 2001) - 1000;
    values[77] = kInt32Min;
    const auto data = rice_bytes(values, row_length);
    for (std::size_t cut = 0; cut < data.size(); ++cut) {
      const std::vector<std::byte> head(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(cut));
      const auto got = read_rice(head, values.size(), row_length);
      REQUIRE_FALSE(got.has_value());
      CHECK(got.error().code == ErrorCode::corrupt_bounds);
      CHECK(got.error().message == "section ends inside weights");
    }
  }
}

TEST_CASE("a rice count beyond the bytes is refused before memory is taken") {
  const auto got = read_rice(std::vector<std::byte>(10), std::size_t{1} << 60, 0);
  CHECK(got.error().code == ErrorCode::corrupt_bounds);
}

TEST_CASE("rice values outside their range are corrupt") {
  const auto data = rice_bytes({-5, 0, 5}, 0);
  CHECK(read_rice(data, 3, 0, -5, 5).has_value());
  CHECK(read_rice(data, 3, 0, -4, 5).error().code == ErrorCode::corrupt);
  CHECK(read_rice(data, 3, 0, -5, 4).error().code == ErrorCode::corrupt);
}

TEST_CASE("a rice code above 32 bits is corrupt") {
  BitWriter bits;
  bits.bits(31, 5);     // k
  bits.bits(0b011, 3);  // quotient 2
  bits.bits(0, 31);
  const auto got = read_rice(bits.finish(), 1, 0);
  CHECK(got.error().code == ErrorCode::corrupt);
}

TEST_CASE("set padding bits after a rice array are corrupt") {
  auto data = rice_bytes({0}, 0);  // six bits
  REQUIRE(data.size() == 1);
  CHECK(read_rice(data, 1, 0).has_value());
  for (const unsigned bit : {6U, 7U}) {
    const std::vector<std::byte> padded = {data[0] | static_cast<std::byte>(1U << bit)};
    CHECK(read_rice(padded, 1, 0).error().code == ErrorCode::corrupt);
  }
}

TEST_CASE("random bytes read as a rice array never crash") {
  std::mt19937_64 random(5);
  for (unsigned round = 0; round < 3000; ++round) {
    const auto data = random_bytes(random() % 60, random);
    const auto got = read_rice(data, random() % 200, random() % 20);
    if (!got) CHECK((got.error().code == ErrorCode::corrupt || got.error().code == ErrorCode::corrupt_bounds));
  }
}

TEST_CASE("crc32c of the published vectors") {
  // The check value of the CRC catalogue, then RFC 3720, appendix B.4.
  std::array<std::byte, 32> ascending{};
  for (unsigned i = 0; i < 32; ++i) ascending[i] = static_cast<std::byte>(i);
  const std::vector<std::byte> zeros(32);
  const std::vector<std::byte> ones(32, std::byte{0xFF});
  const std::pair<std::span<const std::byte>, std::uint32_t> vectors[] = {
      {bytes_of("123456789"), 0xE3069283},
      {bytes_of(""), 0},
      {zeros, 0x8A9136AA},
      {ones, 0x62A8AB43},
      {ascending, 0x46DD794E},
  };
  for (const auto& row : vectors) {
    CHECK(crc32c(row.first) == row.second);
    CHECK(crc32c_portable(row.first) == row.second);
  }
}

TEST_CASE("crc32c is that of the portable definition at every length and alignment") {
  std::mt19937_64 random(6);
  const auto data = random_bytes(70'000, random);
  for (std::size_t length = 0; length <= 600; ++length) {
    const auto piece = std::span(data).subspan(length % 17, length);
    if (crc32c(piece) != crc32c_portable(piece)) FAIL("length " << length);
  }
  for (const std::size_t length : {1024U, 4095U, 4096U, 65'537U, 70'000U}) {
    CHECK(crc32c(std::span(data).first(length)) == crc32c_portable(std::span(data).first(length)));
  }
}

TEST_CASE("xxh64 of known texts") {
  CHECK(xxh64(bytes_of("")) == 0xEF46DB3751D8E999);
  CHECK(xxh64(bytes_of("a")) == 0xD24EC4F1A98C6E5B);
  CHECK(xxh64(bytes_of("abc")) == 0x44BC2CF5AD770999);
  CHECK(xxh64(bytes_of("Nobody inspects the spammish repetition")) == 0xFBCEA83C8A378BF1);
}

TEST_CASE("sha256 of the vectors of FIPS 180") {
  CHECK(hex(sha256(bytes_of(""))) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex(sha256(bytes_of("abc"))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex(sha256(bytes_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

}  // namespace
}  // namespace actz
