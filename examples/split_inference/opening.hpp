#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "actz/packets.hpp"

/// What the first half sends before its packets, and what the second half answers for each row. Little-endian machines.
static_assert(std::endian::native == std::endian::little);

struct Opening {
  std::array<std::byte, actz::PacketSession::kBytes> session{};
  std::uint32_t layers = 0;        ///< that were run before
  std::uint32_t wants_logits = 0;  ///< 1: they follow each answer
};

struct Answer {
  std::uint32_t token = 0;  ///< the most likely next one
  float decode_us = 0;      ///< for this row
};
