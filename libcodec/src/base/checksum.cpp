#include "base/checksum.hpp"

#define XXH_INLINE_ALL
#include <sha2.h>
#include <xxhash.h>
#ifdef ACTZ_HAVE_ISAL
#include <isa-l/crc.h>
#endif

namespace actz {
namespace {

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0x82F63B78u : 0u);
    table[i] = value;
  }
  return table;
}
constexpr auto kCrcTable = make_crc_table();

}  // namespace

std::uint32_t crc32c_portable(std::span<const std::byte> data) {
  std::uint32_t crc = 0xFFFFFFFFu;
  for (const std::byte value : data) {
    crc = (crc >> 8) ^ kCrcTable[(crc ^ static_cast<std::uint32_t>(value)) & 0xFF];
  }
  return crc ^ 0xFFFFFFFFu;
}

std::uint32_t crc32c(std::span<const std::byte> data) {
#ifdef ACTZ_HAVE_ISAL
  // ISA-L takes the length as int and declares its input mutable, but only reads it.
  constexpr std::size_t kPieceBytes = std::size_t{1} << 30;
  std::uint32_t crc = 0xFFFFFFFFu;
  while (!data.empty()) {
    const auto piece = data.first(data.size() < kPieceBytes ? data.size() : kPieceBytes);
    auto* bytes = const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(piece.data()));
    crc = crc32_iscsi(bytes, static_cast<int>(piece.size()), crc);
    data = data.subspan(piece.size());
  }
  return crc ^ 0xFFFFFFFFu;
#else
  return crc32c_portable(data);
#endif
}

std::uint64_t xxh64(std::span<const std::byte> data) { return XXH64(data.data(), data.size(), 0); }

Sha256 sha256(std::span<const std::byte> data) {
  SHA2_CTX context;
  SHA256Init(&context);
  SHA256Update(&context, reinterpret_cast<const std::uint8_t*>(data.data()), data.size());
  Sha256 out;
  SHA256Final(reinterpret_cast<std::uint8_t*>(out.data()), &context);
  return out;
}

}  // namespace actz
