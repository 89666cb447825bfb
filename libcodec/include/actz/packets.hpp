#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "actz/options.hpp"
#include "actz/profile.hpp"
#include "actz/result.hpp"
#include "actz/tensor.hpp"

/// Rows of one sequence over a link, some at a time and as they come: the state of prediction goes on from packet to
/// packet (format_spec/12_packets.md). Both ends hold the profile; a session, which is sent first, says what of it is
/// used.

namespace actz {

struct PacketOptions {
  DType dtype = DType::f32;  ///< f16, bf16, f32 or f64
  /// Mean squared error over variance that is aimed at, on rows like those the profile was learned from
  double nmse = 0.02;
  /// Rows of the session, at most. Both ends take 4 · max_rows · channels bytes for a model that matches rows.
  std::uint32_t max_rows = 4096;
  unsigned effort = 5;  ///< of the decisions, as for files: 1 (fast) … 9 (small)
};

/// What a session fixes.
struct PacketSession {
  static constexpr std::size_t kBytes = 64;  ///< on the link

  DType dtype = DType::f32;
  std::uint32_t channels = 0;
  std::uint32_t max_rows = 0;
};

/// Thread-compatible, as the decoder is.
class PacketEncoder {
 public:
  /// Takes the rung of the profile that is nearest to the wanted error.
  /// Errors: bad_argument (no float type, max_rows 0 or above 2^20, an error that is not positive, a profile that
  /// predicts from another tensor), corrupt… and limit_exceeded (of the profile's dictionary).
  static Result<PacketEncoder> begin(const Profile& profile, const PacketOptions& options);
  ~PacketEncoder();
  PacketEncoder(PacketEncoder&&) noexcept;
  PacketEncoder& operator=(PacketEncoder&&) noexcept;

  /// To be sent before the first packet: PacketSession::kBytes bytes.
  std::span<const std::byte> session() const;
  /// The rung in use, of profile.rungs().
  std::size_t rung() const;

  /// The next packet.
  /// @param rows  [n][channels] of the session's type, C order, little-endian; n ≥ 1. NaN, infinities and what the
  ///              model cannot come near are kept exactly.
  /// @return the packet, which lasts until the next call.
  /// Errors: bad_argument (not whole rows, more rows than the session has left, a packet of more than 2 MiB);
  /// out_of_memory. After either, the session is over: every later call gives the same error.
  Result<std::span<const std::byte>> encode(std::span<const std::byte> rows);

  /// The rows of the last packet as the other end has them.
  std::span<const std::byte> decoded() const;

 private:
  struct State;
  explicit PacketEncoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class PacketDecoder {
 public:
  /// @param session   as received: PacketSession::kBytes bytes.
  /// @param profiles  one of them holds the session's model.
  /// @param limits    max_chunk_bytes bounds max_rows · channels, at 4 bytes or those of the element, whichever is
  /// more. Errors: corrupt…, unsupported (a model that no profile holds, another version), limit_exceeded.
  static Result<PacketDecoder> begin(std::span<const std::byte> session, const std::vector<Profile>& profiles,
                                     const DecodeLimits& limits = {});
  ~PacketDecoder();
  PacketDecoder(PacketDecoder&&) noexcept;
  PacketDecoder& operator=(PacketDecoder&&) noexcept;

  const PacketSession& session() const;

  /// Bytes of the packet that begins here: at most 2 MiB and 3.
  /// Errors: need_more_input (its length is not complete), corrupt.
  static Result<std::size_t> packet_bytes(std::span<const std::byte> begin);

  /// The rows of the next packet, the same bytes on every machine, and those of PacketEncoder::decoded().
  /// @param packet  one packet, whole.
  /// Errors: need_more_input (the packet ends early, and may be given again), corrupt…, out_of_memory. No row of a
  /// packet with an error is given out, and after another one than need_more_input the session is over: every later
  /// call gives the same error.
  Result<std::vector<std::byte>> decode(std::span<const std::byte> packet);

  std::uint64_t rows_decoded() const;

 private:
  struct State;
  explicit PacketDecoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace actz
