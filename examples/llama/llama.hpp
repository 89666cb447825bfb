#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "checkpoint.hpp"

/// Keys, after their rotation, and values of the positions so far.
struct KvCache {
  explicit KvCache(const Checkpoint::Sizes& sizes)
      : kv_dim(sizes.kv_dim()),
        keys(sizes.layers, std::vector<float>(std::size_t{sizes.positions} * kv_dim)),
        values(keys) {}

  std::size_t kv_dim;
  std::vector<std::vector<float>> keys;    ///< [layer][position][kv_dim]
  std::vector<std::vector<float>> values;  ///< the same
};

/// The forward pass of a Llama, one position at a time, in plain loops.
class Llama {
 public:
  explicit Llama(Checkpoint checkpoint);

  const Checkpoint::Sizes& sizes() const { return weights_.sizes; }

  /// The residual stream of a position before the first layer: dim values.
  std::vector<float> embed(std::uint32_t token) const;

  /// Layers first … end − 1, counted from 0.
  /// @param x      dim values of the residual stream, in and out.
  /// @param cache  has these layers of all positions before, and gets those of this one.
  void run(std::size_t first, std::size_t end, std::size_t position, std::span<float> x, KvCache& cache) const;

  /// Of each token of the vocabulary, from the residual stream after the last layer.
  std::vector<float> logits(std::span<const float> x) const;

 private:
  void attend(std::size_t layer, std::size_t position, std::span<float> x, KvCache& cache) const;
  void feed_forward(std::size_t layer, std::span<float> x) const;
  void rotate(std::span<float> heads, std::size_t position) const;

  Checkpoint weights_;
  std::vector<float> cosine_, sine_;  ///< [position][head_dim / 2]
};

std::uint32_t most_likely(std::span<const float> logits);
/// −ln of the probability of a token.
double loss_nats(std::span<const float> logits, std::uint32_t token);
