#include <algorithm>
#include <cmath>
#include <cstring>

#include "peers/peers.hpp"
#include "peers/zstd_bytes.hpp"

namespace actz::bench {
namespace {

/// Index q of a channel stands for lowest + q · step.
struct Scale {
  float lowest;
  float step;
};

std::vector<Scale> channel_scales(const Sample& sample, unsigned bits) {
  std::vector<float> low(sample.values.begin(), sample.values.begin() + static_cast<std::ptrdiff_t>(sample.channels));
  std::vector<float> high = low;
  for (std::size_t i = 0; i < sample.values.size(); ++i) {
    const std::size_t c = i % sample.channels;
    low[c] = std::min(low[c], sample.values[i]);
    high[c] = std::max(high[c], sample.values[i]);
  }
  std::vector<Scale> scales;
  const auto last = static_cast<float>((1u << bits) - 1);
  for (std::size_t c = 0; c < sample.channels; ++c)
    scales.push_back({low[c], std::max((high[c] - low[c]) / last, 1e-30F)});
  return scales;
}

/// Scales, then the indices packed low bits first.
Bytes pack(const Sample& sample, unsigned bits) {
  const std::vector<Scale> scales = channel_scales(sample, bits);
  std::vector<float> per_step;
  for (const Scale& scale : scales) per_step.push_back(1 / scale.step);
  const std::size_t header = scales.size() * sizeof(Scale);
  Bytes out(header);
  std::memcpy(out.data(), scales.data(), header);
  out.reserve(header + sample.values.size() * bits / 8 + 8);
  std::uint32_t pending = 0;
  unsigned pending_bits = 0;
  for (std::size_t row = 0, i = 0; row < sample.rows; ++row) {
    for (std::size_t c = 0; c < sample.channels; ++c, ++i) {
      const auto index = static_cast<std::uint32_t>((sample.values[i] - scales[c].lowest) * per_step[c] + 0.5F);
      pending |= std::min(index, (1u << bits) - 1) << pending_bits;
      for (pending_bits += bits; pending_bits >= 8; pending_bits -= 8, pending >>= 8)
        out.push_back(static_cast<std::byte>(pending & 0xFF));
    }
  }
  if (pending_bits > 0) out.push_back(static_cast<std::byte>(pending & 0xFF));
  return out;
}

void unpack(std::span<const std::byte> packed, const Sample& sample, unsigned bits, std::span<float> out) {
  std::vector<Scale> scales(sample.channels);
  const std::size_t header = scales.size() * sizeof(Scale);
  std::memcpy(scales.data(), packed.data(), header);
  const std::byte* next = packed.data() + header;
  std::uint32_t pending = 0;
  unsigned pending_bits = 0;
  for (std::size_t row = 0, i = 0; row < sample.rows; ++row) {
    for (std::size_t c = 0; c < sample.channels; ++c, ++i) {
      for (; pending_bits < bits; pending_bits += 8) pending |= static_cast<std::uint32_t>(*next++) << pending_bits;
      out[i] = scales[c].lowest + scales[c].step * static_cast<float>(pending & ((1u << bits) - 1));
      pending >>= bits;
      pending_bits -= bits;
    }
  }
}

}  // namespace

CodecRun channel_integers(const Sample& sample, unsigned bits, std::optional<int> zstd_level) {
  CodecRun run;
  run.codec = "int" + std::to_string(bits) + " per channel";
  if (zstd_level) run.codec += " + zstd -" + std::to_string(*zstd_level);
  run.encode = [&sample, bits, zstd_level] {
    const Bytes packed = pack(sample, bits);
    return zstd_level ? zstd_compress(packed, *zstd_level) : packed;
  };
  run.decode = [&sample, bits, zstd_level](std::span<const std::byte> coded, std::span<std::byte> out) {
    if (!zstd_level) {
      unpack(coded, sample, bits, as_floats(out));
      return;
    }
    Bytes packed(sample.channels * sizeof(Scale) + sample.values.size() * bits / 8 + 8);
    zstd_decompress(coded, packed);
    unpack(packed, sample, bits, as_floats(out));
  };
  return run;
}

}  // namespace actz::bench
