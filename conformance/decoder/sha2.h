/* SHA-256 as libmd declares it, for machines without that library. */
#pragma once

#include <cstddef>
#include <cstdint>

struct SHA2_CTX {
  std::uint32_t state[8];
  std::uint64_t bytes;    /* hashed so far */
  std::uint8_t block[64]; /* of which bytes mod 64 are filled */
};

void SHA256Init(SHA2_CTX* context);
void SHA256Update(SHA2_CTX* context, const std::uint8_t* data, std::size_t bytes);
void SHA256Final(std::uint8_t* digest, SHA2_CTX* context);
