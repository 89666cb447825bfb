#include <zstd.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "peers/peers.hpp"
#include "peers/zstd_bytes.hpp"

namespace actz::bench {
namespace {

[[noreturn]] void fail(std::size_t code) {
  throw Failed{"zstd", {ErrorCode::internal, Error::kNoOffset, ZSTD_getErrorName(code)}};
}

/// Byte k of every element in plane k.
Bytes shuffle(std::span<const std::byte> data, std::size_t width) {
  Bytes out(data.size());
  const std::size_t count = data.size() / width;
  for (std::size_t plane = 0; plane < width; ++plane) {
    for (std::size_t i = 0; i < count; ++i) out[plane * count + i] = data[i * width + plane];
  }
  return out;
}

void unshuffle(std::span<const std::byte> planes, std::size_t width, std::span<std::byte> out) {
  const std::size_t count = planes.size() / width;
  for (std::size_t plane = 0; plane < width; ++plane) {
    for (std::size_t i = 0; i < count; ++i) out[i * width + plane] = planes[plane * count + i];
  }
}

std::vector<float> means(const Sample& sample) { return {sample.mean.begin(), sample.mean.end()}; }

int bin(float value, float mean, double step) { return static_cast<int>(std::lrint(double{value - mean} / step)); }

float restore(int index, float mean, double step) { return mean + static_cast<float>(step * index); }

/// Means, then one or two bytes for each index (two as planes, for zstd sees nothing in a mixture), all through zstd.
Bytes encode_bins(const Sample& sample, double step, int level) {
  const std::vector<float> mean = means(sample);
  std::vector<std::int16_t> indices(sample.values.size());
  bool wide = false;
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const int index = std::clamp(bin(sample.values[i], mean[i % sample.channels], step), -32768, 32767);
    indices[i] = static_cast<std::int16_t>(index);
    wide = wide || index < -128 || index > 127;
  }
  const std::size_t header = 1 + mean.size() * sizeof(float);
  Bytes plain(header + indices.size() * (wide ? 2 : 1));
  plain[0] = static_cast<std::byte>(wide ? 2 : 1);
  std::memcpy(&plain[1], mean.data(), mean.size() * sizeof(float));
  for (std::size_t i = 0; i < indices.size(); ++i) {
    plain[header + i] = static_cast<std::byte>(indices[i] & 0xFF);
    if (wide) plain[header + indices.size() + i] = static_cast<std::byte>((indices[i] >> 8) & 0xFF);
  }
  return zstd_compress(plain, level);
}

void decode_bins(const Sample& sample, double step, std::span<const std::byte> coded, std::span<float> out) {
  const std::size_t header = 1 + sample.channels * sizeof(float);
  Bytes plain(header + out.size() * 2);
  zstd_decompress(coded, plain);
  std::vector<float> mean(sample.channels);
  std::memcpy(mean.data(), &plain[1], mean.size() * sizeof(float));
  const bool wide = plain[0] == std::byte{2};
  for (std::size_t row = 0; row < sample.rows; ++row) {
    for (std::size_t c = 0; c < sample.channels; ++c) {
      const std::size_t i = row * sample.channels + c;
      const int low = static_cast<int>(plain[header + i]);
      const int index = wide ? static_cast<std::int16_t>(low | static_cast<int>(plain[header + out.size() + i]) << 8)
                             : static_cast<std::int8_t>(low);
      out[i] = restore(index, mean[c], step);
    }
  }
}

}  // namespace

Bytes zstd_compress(std::span<const std::byte> plain, int level) {
  Bytes out(ZSTD_compressBound(plain.size()));
  const std::size_t size = ZSTD_compress(out.data(), out.size(), plain.data(), plain.size(), level);
  if (ZSTD_isError(size)) fail(size);
  out.resize(size);
  return out;
}

std::size_t zstd_decompress(std::span<const std::byte> coded, std::span<std::byte> out) {
  const std::size_t size = ZSTD_decompress(out.data(), out.size(), coded.data(), coded.size());
  if (ZSTD_isError(size)) fail(size);
  return size;
}

CodecRun zstd_lossless(const Sample& sample, int level, bool shuffled) {
  CodecRun run;
  run.codec = (shuffled ? "byte shuffle + zstd -" : "zstd -") + std::to_string(level);
  run.lossless = true;
  run.decoded_dtype = sample.tensor.dtype;
  const std::size_t width = element_bytes(sample.tensor.dtype);
  run.encode = [&sample, level, shuffled, width] {
    const Bytes& bytes = sample.tensor.bytes;
    return shuffled ? zstd_compress(shuffle(bytes, width), level) : zstd_compress(bytes, level);
  };
  run.decode = [shuffled, width](std::span<const std::byte> coded, std::span<std::byte> out) {
    if (!shuffled) {
      zstd_decompress(coded, out);
      return;
    }
    Bytes planes(out.size());
    zstd_decompress(coded, planes);
    unshuffle(planes, width, out);
  };
  return run;
}

SteppedCodec bins_then_zstd(const Sample& sample, int level) {
  SteppedCodec codec;
  codec.nmse_at = [&sample](double step) {
    const std::vector<float> mean = means(sample);
    std::vector<float> decoded(sample.values.size());
    for (std::size_t i = 0; i < decoded.size(); ++i) {
      const float centre = mean[i % sample.channels];
      decoded[i] = restore(bin(sample.values[i], centre, step), centre, step);
    }
    return nmse(sample, decoded);
  };
  codec.run_at = [&sample, level](double step) {
    CodecRun run;
    run.codec = "uniform bins + zstd -" + std::to_string(level);
    run.encode = [&sample, step, level] { return encode_bins(sample, step, level); };
    run.decode = [&sample, step](std::span<const std::byte> coded, std::span<std::byte> out) {
      decode_bins(sample, step, coded, as_floats(out));
    };
    return run;
  };
  return codec;
}

}  // namespace actz::bench
