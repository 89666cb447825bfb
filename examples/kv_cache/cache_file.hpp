#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "actz/archive.hpp"
#include "llama.hpp"

/// What a cache belongs to. One that differs in any of them is refused.
struct CacheOwner {
  std::string model;
  std::string revision;
  std::string heads;         ///< as heads_of() says
  std::string token_digest;  ///< of the tokens whose keys and values are kept
};

/// What the tensors depend on of the shape of the model.
std::string heads_of(const Checkpoint::Sizes& sizes);
/// SHA-256, hex, of the tokens, each as 4 bytes.
std::string digest_of(std::span<const std::uint32_t> tokens);

struct StoreOptions {
  std::uint32_t block = 32;             ///< positions of a chunk
  std::optional<double> nmse;           ///< nothing: every bit comes back
  std::vector<actz::Profile> profiles;  ///< of each layer's keys, then values, in turn; empty: learned from the cache
};

/// What a stored cache took.
struct StoreReport {
  std::uint64_t values = 0;
  std::uint64_t bytes = 0;              ///< of the whole file
  double key_nmse = 0, value_nmse = 0;  ///< means over the layers
};

/// The first positions of a cache as an .actz file: tensors layerN.k and layerN.v, [positions][kv_dim], a chunk for
/// each block of positions, and the owner in the metadata.
actz::Result<std::vector<std::byte>> store_cache(const KvCache& cache, std::size_t positions, const CacheOwner& owner,
                                                 const StoreOptions& options, StoreReport& report);

/// The reverse. Errors: bad_argument, if the cache is another's, with both values; those of the file.
/// @return the number of positions.
actz::Result<std::size_t> restore_cache(std::span<const std::byte> file, const CacheOwner& wanted,
                                        const std::vector<actz::Profile>& profiles, KvCache& cache);
