#include <algorithm>
#include <cmath>
#include <memory>

#include "peers/peers.hpp"
#include "peers/static_coder.hpp"

/// The idea of CacheGen (KV cache streaming), much simplified and not checked against its paper or its program: groups
/// of 10 tokens; the first is the anchor, at 8 bits; the others are differences to it in uniform bins; an arithmetic
/// coder with one distribution for each channel, learned beforehand. One bin width for all channels: widths that follow
/// a channel's spread cost this peer up to 0.55 bit a value more at equal NMSE. Escapes for what leaves 8 bits.

namespace actz::bench {
namespace {

constexpr std::size_t kGroupRows = 10;
constexpr unsigned kEscape = 0;
constexpr int kReach = 127;

/// What is learned on the calibration sample, but for the tables, which depend on the step.
struct Learned {
  std::vector<float> anchor_low;
  std::vector<float> anchor_step;
};

struct Symbols {
  std::vector<std::uint8_t> anchors;      ///< anchors × channels
  std::vector<std::uint8_t> differences;  ///< other rows × channels
  std::vector<float> escaped;             ///< differences out of reach, exactly
};

bool is_anchor(const Sample& sample, std::size_t row) { return row % sample.sequence_rows % kGroupRows == 0; }

Learned learn(const Sample& calib) {
  const std::size_t d = calib.channels;
  Learned out{std::vector<float>(d), std::vector<float>(d)};
  std::vector<float> high(d);
  for (std::size_t row = 0; row < calib.rows; ++row) {
    for (std::size_t c = 0; c < d; ++c) {
      const float value = calib.values[row * d + c];
      out.anchor_low[c] = row == 0 ? value : std::min(out.anchor_low[c], value);
      high[c] = row == 0 ? value : std::max(high[c], value);
    }
  }
  for (std::size_t c = 0; c < d; ++c) out.anchor_step[c] = std::max((high[c] - out.anchor_low[c]) / 255, 1e-30F);
  return out;
}

float anchor_value(const Learned& learned, std::size_t c, std::uint8_t symbol) {
  return learned.anchor_low[c] + learned.anchor_step[c] * static_cast<float>(symbol);
}

float difference_value(double step, std::uint8_t symbol) {
  return static_cast<float>(step * (static_cast<int>(symbol) - kReach - 1));
}

/// Quantises; fills `decoded` if it is not empty.
Symbols quantize(const Sample& sample, const Learned& learned, double step, std::span<float> decoded) {
  const std::size_t d = sample.channels;
  Symbols out;
  std::vector<float> anchor(d);
  for (std::size_t row = 0; row < sample.rows; ++row) {
    const bool starts_group = is_anchor(sample, row);
    for (std::size_t c = 0; c < d; ++c) {
      const float value = sample.values[row * d + c];
      float restored = 0;
      if (starts_group) {
        const long index = std::lrint((value - learned.anchor_low[c]) / learned.anchor_step[c]);
        out.anchors.push_back(static_cast<std::uint8_t>(std::clamp(index, 0L, 255L)));
        restored = anchor[c] = anchor_value(learned, c, out.anchors.back());
      } else {
        const float difference = value - anchor[c];
        const long index = std::lrint(double{difference} / step);
        const bool in_reach = std::labs(index) <= kReach;
        out.differences.push_back(static_cast<std::uint8_t>(in_reach ? index + kReach + 1 : kEscape));
        if (!in_reach) out.escaped.push_back(difference);
        restored = anchor[c] + (in_reach ? difference_value(step, out.differences.back()) : difference);
      }
      if (!decoded.empty()) decoded[row * d + c] = restored;
    }
  }
  return out;
}

std::vector<StaticTable> tables(std::span<const std::uint8_t> symbols, std::size_t channels) {
  std::vector<std::array<std::uint32_t, 256>> counts(channels);
  for (std::size_t i = 0; i < symbols.size(); ++i) ++counts[i % channels][symbols[i]];
  return {counts.begin(), counts.end()};
}

/// A step with its tables.
struct Coder {
  Learned learned;
  double step;
  std::vector<StaticTable> anchors;
  std::vector<StaticTable> differences;
};

Bytes encode(const Sample& sample, const Coder& coder) {
  const Symbols symbols = quantize(sample, coder.learned, coder.step, {});
  const Bytes anchors = code_symbols(symbols.anchors, coder.anchors);
  const Bytes differences = code_symbols(symbols.differences, coder.differences);
  const std::uint64_t lengths[2] = {anchors.size(), differences.size()};
  Bytes out;
  const auto append = [&](std::span<const std::byte> part) { out.insert(out.end(), part.begin(), part.end()); };
  append(std::as_bytes(std::span(lengths)));
  append(anchors);
  append(differences);
  append(std::as_bytes(std::span(symbols.escaped)));
  return out;
}

void decode(const Sample& sample, const Coder& coder, std::span<const std::byte> coded, std::span<float> out) {
  const std::size_t d = sample.channels;
  std::uint64_t lengths[2];
  std::copy_n(coded.begin(), sizeof lengths, std::as_writable_bytes(std::span(lengths)).begin());
  std::size_t anchor_rows = 0;
  for (std::size_t row = 0; row < sample.rows; ++row) anchor_rows += is_anchor(sample, row) ? 1u : 0u;
  std::vector<std::uint8_t> anchors(anchor_rows * d);
  std::vector<std::uint8_t> differences((sample.rows - anchor_rows) * d);
  decode_symbols(coded.subspan(sizeof lengths, lengths[0]), coder.anchors, anchors);
  decode_symbols(coded.subspan(sizeof lengths + lengths[0], lengths[1]), coder.differences, differences);
  const auto raw = coded.subspan(sizeof lengths + lengths[0] + lengths[1]);
  std::vector<float> escaped(raw.size() / sizeof(float));
  std::copy(raw.begin(), raw.end(), std::as_writable_bytes(std::span(escaped)).begin());
  std::vector<float> anchor(d);
  std::size_t next_anchor = 0, next_difference = 0, next_escaped = 0;
  for (std::size_t row = 0; row < sample.rows; ++row) {
    const bool starts_group = is_anchor(sample, row);
    for (std::size_t c = 0; c < d; ++c) {
      if (starts_group) {
        out[row * d + c] = anchor[c] = anchor_value(coder.learned, c, anchors[next_anchor++]);
        continue;
      }
      const std::uint8_t symbol = differences[next_difference++];
      out[row * d + c] =
          anchor[c] + (symbol == kEscape ? escaped[next_escaped++] : difference_value(coder.step, symbol));
    }
  }
}

}  // namespace

SteppedCodec cachegen_like(const Sample& calib, const Sample& sample) {
  const auto learned = std::make_shared<const Learned>(learn(calib));
  SteppedCodec codec;
  codec.nmse_at = [&sample, learned](double step) {
    std::vector<float> decoded(sample.values.size());
    quantize(sample, *learned, step, decoded);
    return nmse(sample, decoded);
  };
  codec.run_at = [&calib, &sample, learned](double step) {
    const Symbols seen = quantize(calib, *learned, step, {});
    const auto coder = std::make_shared<const Coder>(
        Coder{*learned, step, tables(seen.anchors, calib.channels), tables(seen.differences, calib.channels)});
    CodecRun run;
    run.codec = "CacheGen-like";
    run.side_bytes = calib.channels * (2 * 256 * sizeof(std::uint16_t) + 2 * sizeof(float));
    run.encode = [&sample, coder] { return encode(sample, *coder); };
    run.decode = [&sample, coder](std::span<const std::byte> coded, std::span<std::byte> out) {
      decode(sample, *coder, coded, as_floats(out));
    };
    return run;
  };
  return codec;
}

}  // namespace actz::bench
