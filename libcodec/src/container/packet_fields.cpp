#include "container/packet_fields.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "base/byte_reader.hpp"
#include "base/byte_writer.hpp"
#include "base/bytes.hpp"
#include "base/try.hpp"

namespace actz {
namespace {

constexpr std::array<std::uint8_t, 8> kSignature = {0x89, 'A', 'C', 'Z', 'P', 0x0D, 0x0A, 0x1A};
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kCheckedBytes = SessionHeader::kBytes - 4;
constexpr std::size_t kMostLengthBytes = 3;

// The head byte: bypass_bytes, or 15 if they follow; lanes_log2; whether there are patches, and several rows.
constexpr unsigned kBypassFollows = 15;
constexpr unsigned kLanesShift = 4;
constexpr unsigned kLanesMask = 3;
constexpr unsigned kHasPatches = 0x40;
constexpr unsigned kHasRows = 0x80;

/// LEB128, in as few bytes as it takes, at most three.
void write_count(std::uint32_t value, ByteWriter& out) {
  for (; value >= 0x80; value >>= 7) out.u8(static_cast<std::uint8_t>(value | 0x80));
  out.u8(static_cast<std::uint8_t>(value));
}

struct Count {
  std::uint32_t value = 0;
  std::size_t length_bytes = 0;
  bool complete = false;
  bool broken = false;  ///< too long, or longer than need be
};

Count read_count(std::span<const std::byte> from) {
  Count out;
  while (!out.complete && !out.broken && out.length_bytes < from.size()) {
    const auto byte = std::to_integer<std::uint32_t>(from[out.length_bytes]);
    out.value |= (byte & 0x7F) << (7 * out.length_bytes++);
    out.complete = byte < 0x80;
    out.broken = (out.length_bytes > 1 && byte == 0) || (out.length_bytes == kMostLengthBytes && !out.complete);
  }
  return out;
}

Result<std::uint32_t> read_count(ByteReader& in, const char* field) {
  const Count count = read_count(in.rest());
  if (count.broken) return in.error_here(ErrorCode::corrupt, "a count of the packet is broken");  // R-PACK-07
  ACTZ_CHECK(in.bytes(count.complete ? count.length_bytes : count.length_bytes + 1, field));
  return count.value;
}

}  // namespace

std::vector<std::byte> write_session_header(const SessionHeader& header) {
  ByteWriter out;
  for (const std::uint8_t byte : kSignature) out.u8(byte);
  out.u8(kVersion);
  out.u8(static_cast<std::uint8_t>(header.dtype));
  out.u16(0);
  out.u32(header.channels);
  out.u32(header.max_rows);
  out.u32(std::bit_cast<std::uint32_t>(header.unit));
  out.u32(header.centre_scale);
  out.bytes(header.model);
  out.u32(crc32c(out.data()));
  return out.take();
}

Result<SessionHeader> read_session_header(std::span<const std::byte> bytes) {
  if (bytes.size() != SessionHeader::kBytes) {  // R-PACK-01
    return Error{ErrorCode::corrupt_bounds, 0, "a session is 64 bytes"};
  }
  const auto is_same = [](std::uint8_t wanted, std::byte byte) { return std::byte{wanted} == byte; };
  if (!std::equal(kSignature.begin(), kSignature.end(), bytes.begin(), is_same)) {  // R-PACK-01
    return Error{ErrorCode::corrupt_signature, 0, "this is no session of packets"};
  }
  if (crc32c(bytes.first(kCheckedBytes)) != load_le<std::uint32_t>(&bytes[kCheckedBytes])) {  // R-PACK-01
    return Error{ErrorCode::corrupt_checksum, kCheckedBytes, "the session does not match its checksum"};
  }
  ByteReader in(bytes.subspan(kSignature.size()), kSignature.size());
  SessionHeader out;
  ACTZ_TRY(const auto version, in.u8("version"));
  ACTZ_TRY(const auto dtype, in.u8("dtype"));
  ACTZ_TRY(const auto reserved, in.u16("reserved"));
  ACTZ_TRY(out.channels, in.u32("channels"));
  ACTZ_TRY(out.max_rows, in.u32("max_rows"));
  ACTZ_TRY(const auto unit, in.u32("unit"));
  ACTZ_TRY(out.centre_scale, in.u32("centre_scale"));
  ACTZ_TRY(const auto model, in.bytes(out.model.size(), "model"));
  if (version != kVersion || reserved != 0) {  // R-PACK-02
    return Error{ErrorCode::unsupported, 8, "the session is of another version"};
  }
  const auto known = dtype_from_id(dtype);
  out.unit = std::bit_cast<float>(unit);
  if (!known || !is_float(*known) || out.channels == 0 || out.channels > kMaxChannels || out.max_rows == 0 ||
      out.max_rows > kMaxSessionRows || !std::isfinite(out.unit) || !(out.unit > 0)) {  // R-PACK-03
    return Error{ErrorCode::corrupt, 9, "a field of the session is out of range"};
  }
  out.dtype = *known;
  std::copy(model.begin(), model.end(), out.model.begin());
  return out;
}

TensorHeader session_tensor(const SessionHeader& header) {
  TensorHeader out;
  out.dtype = header.dtype;
  out.shape = {header.max_rows, header.channels};
  out.sequences = 1;
  out.rows = header.max_rows;
  out.channels = header.channels;
  out.strand_rows = header.max_rows;
  out.unit = header.unit;
  out.centre_scale = header.centre_scale;
  return out;
}

bool write_packet(const PacketParts& parts, std::vector<std::byte>& out) {
  const auto bypass_bytes = static_cast<std::uint32_t>(parts.bypass.size());
  unsigned head = std::min(bypass_bytes, kBypassFollows) | unsigned{parts.lanes_log2} << kLanesShift;
  if (!parts.patches.empty()) head |= kHasPatches;
  if (parts.row_count > 1) head |= kHasRows;
  ByteWriter body;
  body.u16(parts.check);
  body.u8(static_cast<std::uint8_t>(head));
  if (parts.row_count > 1) write_count(parts.row_count - 2, body);
  if (bypass_bytes >= kBypassFollows) write_count(bypass_bytes - kBypassFollows, body);
  if (!parts.patches.empty()) write_count(static_cast<std::uint32_t>(parts.patches.size()) - 1, body);
  for (const auto part : {parts.states_and_words, parts.bypass, parts.patches}) body.bytes(part);
  if (body.position_bytes() > kMaxPacketBytes) return false;
  ByteWriter whole;
  write_count(static_cast<std::uint32_t>(body.position_bytes()), whole);
  whole.bytes(body.data());
  out = whole.take();
  return true;
}

Result<std::size_t> read_packet_bytes(std::span<const std::byte> begin) {
  const Count body_bytes = read_count(begin);
  if (body_bytes.broken) return Error{ErrorCode::corrupt, 0, "the length of a packet is broken"};  // R-PACK-05
  if (!body_bytes.complete)
    return Error{ErrorCode::need_more_input, begin.size(), "the length of a packet is not complete"};  // R-PACK-10
  return body_bytes.length_bytes + body_bytes.value;
}

Result<PacketParts> read_packet(std::span<const std::byte> packet) {
  ByteReader in(packet);
  ACTZ_CHECK(read_count(in, "length"));
  PacketParts out;
  ACTZ_TRY(out.check, in.u16("check"));
  ACTZ_TRY(const auto head, in.u8("head"));
  out.lanes_log2 = static_cast<std::uint8_t>((head >> kLanesShift) & kLanesMask);
  if ((head & kHasRows) != 0) {
    ACTZ_TRY(const auto more, read_count(in, "row_count"));
    out.row_count = more + 2;
  }
  std::uint32_t bypass_bytes = head & kBypassFollows;
  if (bypass_bytes == kBypassFollows) {
    ACTZ_TRY(const auto more, read_count(in, "bypass_bytes"));
    bypass_bytes += more;
  }
  std::uint32_t patch_bytes = 0;
  if ((head & kHasPatches) != 0) {
    ACTZ_TRY(const auto more, read_count(in, "patch_bytes"));
    patch_bytes = more + 1;
  }
  const std::uint64_t behind = std::uint64_t{bypass_bytes} + patch_bytes;
  const std::uint64_t state_bytes = std::uint64_t{4} << out.lanes_log2;
  if (in.remaining_bytes() < state_bytes + behind ||
      (in.remaining_bytes() - state_bytes - behind) % 2 != 0) {  // R-PACK-07
    return in.error_here(ErrorCode::corrupt_bounds, "the parts of a packet do not make its length");
  }
  ACTZ_TRY(out.states_and_words, in.bytes(in.remaining_bytes() - behind, "states and words"));
  ACTZ_TRY(out.bypass, in.bytes(bypass_bytes, "bypass"));
  ACTZ_TRY(out.patches, in.bytes(patch_bytes, "patches"));
  return out;
}

std::uint16_t PacketChain::take(std::span<std::byte> room_and_rows) {
  store_le(room_and_rows.data(), digest_);
  digest_ = xxh64(room_and_rows);
  return static_cast<std::uint16_t>(digest_);
}

}  // namespace actz
