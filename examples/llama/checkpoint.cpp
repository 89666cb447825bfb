#include "checkpoint.hpp"

#include <array>
#include <cstring>
#include <fstream>
#include <iterator>

namespace {

constexpr std::size_t kHeaderBytes = 28;
constexpr std::uint32_t kLargestSize = 1u << 20;

bool are_possible(const Checkpoint::Sizes& s) {
  for (const std::uint32_t size : {s.dim, s.hidden, s.layers, s.heads, s.kv_heads, s.vocabulary, s.positions}) {
    if (size == 0 || size > kLargestSize) return false;
  }
  return s.dim % s.heads == 0 && s.heads % s.kv_heads == 0 && s.head_dim() % 2 == 0;
}

}  // namespace

actz::Result<std::vector<std::byte>> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
  if (!in.good() && !in.eof()) return actz::Error{actz::ErrorCode::io, actz::Error::kNoOffset, "cannot read " + path};
  const auto* const first = reinterpret_cast<const std::byte*>(bytes.data());
  return std::vector<std::byte>(first, first + bytes.size());
}

actz::Result<Checkpoint> Checkpoint::load(const std::string& path) {
  const auto file = read_file(path);
  if (!file) return file.error();
  const actz::Error broken{actz::ErrorCode::corrupt, actz::Error::kNoOffset, path + " is no checkpoint of llama2.c"};
  if (file->size() < kHeaderBytes) return broken;
  std::array<std::int32_t, 7> header{};
  std::memcpy(header.data(), file->data(), kHeaderBytes);
  const bool shared_classifier = header[5] > 0;  // a negative number says that the classifier has a matrix of its own
  if (!shared_classifier) header[5] = -header[5];
  const auto size = [&](std::size_t i) { return static_cast<std::uint32_t>(header[i]); };
  Checkpoint out;
  Sizes& s = out.sizes;
  s = {size(0), size(1), size(2), size(3), size(4), size(5), size(6)};
  if (!are_possible(s)) return broken;
  out.values.resize((file->size() - kHeaderBytes) / sizeof(float));
  std::memcpy(out.values.data(), file->data() + kHeaderBytes, out.values.size() * sizeof(float));

  std::size_t at = 0;
  bool complete = true;
  const auto take = [&](std::uint64_t a, std::uint64_t b, std::uint64_t c = 1) {
    const std::uint64_t count = a * b * c;
    complete = complete && count <= out.values.size() - at;
    if (!complete) return std::span<const float>();
    at += static_cast<std::size_t>(count);
    return std::span<const float>(out.values)
        .subspan(at - static_cast<std::size_t>(count), static_cast<std::size_t>(count));
  };
  out.embedding = take(s.vocabulary, s.dim);
  out.attention_norm = take(s.layers, s.dim);
  out.wq = take(s.layers, s.dim, s.dim);
  out.wk = take(s.layers, s.kv_dim(), s.dim);
  out.wv = take(s.layers, s.kv_dim(), s.dim);
  out.wo = take(s.layers, s.dim, s.dim);
  out.feed_norm = take(s.layers, s.dim);
  out.w1 = take(s.layers, s.hidden, s.dim);
  out.w2 = take(s.layers, s.dim, s.hidden);
  out.w3 = take(s.layers, s.hidden, s.dim);
  out.last_norm = take(s.dim, 1);
  take(s.positions, s.head_dim());  // angles, which are computed instead
  out.classifier = shared_classifier ? out.embedding : take(s.vocabulary, s.dim);
  if (!complete || at != out.values.size()) return broken;
  return out;
}
