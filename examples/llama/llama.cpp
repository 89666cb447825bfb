#include "llama.hpp"

#include <algorithm>
#include <cmath>

namespace {

constexpr std::size_t kSums = 16;  ///< side by side, so that they become vectors without reordering by the compiler

float dot(const float* a, const float* b, std::size_t count) {
  float sums[kSums] = {};
  std::size_t i = 0;
  for (; i + kSums <= count; i += kSums) {
    for (std::size_t k = 0; k < kSums; ++k) sums[k] += a[i + k] * b[i + k];
  }
  float sum = 0;
  for (; i < count; ++i) sum += a[i] * b[i];
  for (const float part : sums) sum += part;
  return sum;
}

/// The part of a matrix of all layers that belongs to one.
std::span<const float> of_layer(std::span<const float> all, std::size_t layer, std::size_t layers) {
  return all.subspan(all.size() / layers * layer, all.size() / layers);
}

void multiply(std::span<const float> matrix, std::span<const float> x, std::span<float> out) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = dot(&matrix[i * x.size()], x.data(), x.size());
}

std::vector<float> normalised(std::span<const float> x, std::span<const float> gain) {
  constexpr float kFloor = 1e-5F;
  const float mean_square = dot(x.data(), x.data(), x.size()) / static_cast<float>(x.size());
  const float scale = 1.0F / std::sqrt(mean_square + kFloor);
  std::vector<float> out(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) out[i] = x[i] * scale * gain[i];
  return out;
}

void softmax(std::span<float> scores) {
  const float largest = *std::max_element(scores.begin(), scores.end());
  float sum = 0;
  for (float& score : scores) sum += score = std::exp(score - largest);
  for (float& score : scores) score /= sum;
}

}  // namespace

Llama::Llama(Checkpoint checkpoint) : weights_(std::move(checkpoint)) {
  constexpr double kBase = 10000;
  const std::size_t head_dim = sizes().head_dim();
  for (std::size_t position = 0; position < sizes().positions; ++position) {
    for (std::size_t i = 0; i < head_dim; i += 2) {
      const double angle =
          static_cast<double>(position) * std::pow(kBase, -static_cast<double>(i) / static_cast<double>(head_dim));
      cosine_.push_back(static_cast<float>(std::cos(angle)));
      sine_.push_back(static_cast<float>(std::sin(angle)));
    }
  }
}

std::vector<float> Llama::embed(std::uint32_t token) const {
  const auto row = weights_.embedding.subspan(std::size_t{token} * sizes().dim, sizes().dim);
  return {row.begin(), row.end()};
}

void Llama::run(std::size_t first, std::size_t end, std::size_t position, std::span<float> x, KvCache& cache) const {
  for (std::size_t layer = first; layer < end; ++layer) {
    attend(layer, position, x, cache);
    feed_forward(layer, x);
  }
}

void Llama::rotate(std::span<float> heads, std::size_t position) const {
  const std::size_t half = sizes().head_dim() / 2;
  const float* const cosine = &cosine_[position * half];
  const float* const sine = &sine_[position * half];
  for (std::size_t i = 0; i < heads.size(); i += 2) {
    const std::size_t k = i / 2 % half;
    const float a = heads[i], b = heads[i + 1];
    heads[i] = a * cosine[k] - b * sine[k];
    heads[i + 1] = a * sine[k] + b * cosine[k];
  }
}

void Llama::attend(std::size_t layer, std::size_t position, std::span<float> x, KvCache& cache) const {
  const Checkpoint::Sizes& s = sizes();
  const std::size_t head_dim = s.head_dim(), kv_dim = s.kv_dim();
  const auto weights = [&](std::span<const float> all) { return of_layer(all, layer, s.layers); };
  const std::vector<float> in = normalised(x, weights(weights_.attention_norm));
  const auto key = std::span(cache.keys[layer]).subspan(position * kv_dim, kv_dim);
  const auto value = std::span(cache.values[layer]).subspan(position * kv_dim, kv_dim);
  std::vector<float> query(s.dim), mixed(s.dim), out(s.dim), scores(position + 1);
  multiply(weights(weights_.wq), in, query);
  multiply(weights(weights_.wk), in, key);
  multiply(weights(weights_.wv), in, value);
  rotate(query, position);
  rotate(key, position);
  for (std::size_t head = 0; head < s.heads; ++head) {
    const std::size_t kv_at = head / (s.heads / s.kv_heads) * head_dim;
    const float* const q = &query[head * head_dim];
    for (std::size_t t = 0; t <= position; ++t) {
      scores[t] = dot(q, &cache.keys[layer][t * kv_dim + kv_at], head_dim) / std::sqrt(static_cast<float>(head_dim));
    }
    softmax(scores);
    float* const to = &mixed[head * head_dim];
    for (std::size_t t = 0; t <= position; ++t) {
      const float* const from = &cache.values[layer][t * kv_dim + kv_at];
      for (std::size_t i = 0; i < head_dim; ++i) to[i] += scores[t] * from[i];
    }
  }
  multiply(weights(weights_.wo), mixed, out);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] += out[i];
}

void Llama::feed_forward(std::size_t layer, std::span<float> x) const {
  const Checkpoint::Sizes& s = sizes();
  const auto weights = [&](std::span<const float> all) { return of_layer(all, layer, s.layers); };
  const std::vector<float> in = normalised(x, weights(weights_.feed_norm));
  std::vector<float> gate(s.hidden), up(s.hidden), out(s.dim);
  multiply(weights(weights_.w1), in, gate);
  multiply(weights(weights_.w3), in, up);
  for (std::size_t i = 0; i < gate.size(); ++i) gate[i] = gate[i] / (1.0F + std::exp(-gate[i])) * up[i];
  multiply(weights(weights_.w2), gate, out);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] += out[i];
}

std::vector<float> Llama::logits(std::span<const float> x) const {
  std::vector<float> out(sizes().vocabulary);
  multiply(weights_.classifier, normalised(x, weights_.last_norm), out);
  return out;
}

std::uint32_t most_likely(std::span<const float> logits) {
  return static_cast<std::uint32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

double loss_nats(std::span<const float> logits, std::uint32_t token) {
  const double largest = double{*std::max_element(logits.begin(), logits.end())};
  double sum = 0;
  for (const float logit : logits) sum += std::exp(double{logit} - largest);
  return std::log(sum) + largest - double{logits[token]};
}
