#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "actz/result.hpp"
#include "actz/tensor.hpp"
#include "base/checksum.hpp"
#include "container/fields.hpp"

/// What is sent of a session and of its packets (format_spec/12_packets.md).

namespace actz {

inline constexpr std::uint32_t kMaxSessionRows = 1u << 20;
inline constexpr std::uint32_t kMaxPacketBytes = (1u << 21) - 1;  ///< without those of its length

struct SessionHeader {
  static constexpr std::size_t kBytes = 64;

  DType dtype = DType::f32;
  std::uint32_t channels = 0;
  std::uint32_t max_rows = 0;
  float unit = 1.0F;                             ///< value of one fixed-point unit
  std::uint32_t centre_scale = kCentreScaleOne;  ///< the model's centre times this over 65536
  Sha256 model{};                                ///< digest of the payload of MODEL
};

std::vector<std::byte> write_session_header(const SessionHeader& header);
Result<SessionHeader> read_session_header(std::span<const std::byte> bytes);

/// The rows of a session as those of a tensor of one strand.
TensorHeader session_tensor(const SessionHeader& header);

/// A packet without its length.
struct PacketParts {
  static constexpr std::size_t kCheckBytes = 2;

  std::uint32_t row_count = 1;
  std::uint8_t lanes_log2 = 0;
  std::uint16_t check = 0;
  std::span<const std::byte> states_and_words;
  std::span<const std::byte> bypass;
  std::span<const std::byte> patches;
};

/// @return nothing if it is longer than packets may be.
bool write_packet(const PacketParts& parts, std::vector<std::byte>& out);

/// Bytes of the packet that begins here. Errors: need_more_input, corrupt.
Result<std::size_t> read_packet_bytes(std::span<const std::byte> begin);

/// @param packet  as long as it says.
/// Errors: corrupt….
Result<PacketParts> read_packet(std::span<const std::byte> packet);

/// The digest that goes on from packet to packet: of the one before, and the decoded rows. Its low 16 bits are the
/// packet's check.
class PacketChain {
 public:
  static constexpr std::size_t kRoomBytes = 8;

  explicit PacketChain(std::span<const std::byte> session) : digest_(xxh64(session)) {}
  /// @param room_and_rows  kRoomBytes to write to, then the rows.
  std::uint16_t take(std::span<std::byte> room_and_rows);

 private:
  std::uint64_t digest_;
};

}  // namespace actz
