#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "actz/result.hpp"

/// A checkpoint of llama2.c in its first ("legacy") layout: seven int32, then float32 matrices, row-major
/// [outputs][inputs], layer by layer within each kind.
struct Checkpoint {
  struct Sizes {
    std::uint32_t dim = 0;     ///< of the residual stream
    std::uint32_t hidden = 0;  ///< of the feed-forward part
    std::uint32_t layers = 0;
    std::uint32_t heads = 0;
    std::uint32_t kv_heads = 0;
    std::uint32_t vocabulary = 0;
    std::uint32_t positions = 0;  ///< longest sequence

    std::uint32_t head_dim() const { return dim / heads; }
    std::uint32_t kv_dim() const { return kv_heads * head_dim(); }
  };

  Sizes sizes;
  std::vector<float> values;  ///< all of them; the spans point here
  std::span<const float> embedding, attention_norm, wq, wk, wv, wo, feed_norm, w1, w2, w3, last_norm, classifier;

  Checkpoint() = default;
  Checkpoint(Checkpoint&&) = default;
  Checkpoint& operator=(Checkpoint&&) = default;

  /// Errors: io; corrupt, if the file has another length than its sizes say.
  static actz::Result<Checkpoint> load(const std::string& path);
};

actz::Result<std::vector<std::byte>> read_file(const std::string& path);
