#include <zfp.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>

#include "peers/peers.hpp"

namespace actz::bench {
namespace {

/// How zfp sees the tensor: it decorrelates blocks of 4 along each axis.
struct Layout {
  std::array<std::size_t, 3> extents;  ///< fastest first; zeros end them
  std::size_t transposed_rows = 0;     ///< the tensor as a matrix of so many rows is transposed first; 0: not
};

/// Neighbours along channels, along tokens, or across sequences: K after rotary embedding has offsets that sequences
/// share.
std::vector<Layout> layouts(const Sample& sample) {
  const std::size_t count = sample.values.size();
  const std::size_t sequences = sample.rows / sample.sequence_rows;
  return {{{count, 0, 0}},
          {{sample.channels, sample.rows, 0}},
          {{sample.channels, sample.sequence_rows, sequences}},
          {{count, 0, 0}, sample.rows},
          {{count, 0, 0}, sequences},
          {{sequences, sample.sequence_rows * sample.channels, 0}, sequences}};
}

/// The values of a rows × columns matrix, columns × rows.
std::vector<float> transpose(std::span<const float> values, std::size_t rows, std::size_t columns) {
  std::vector<float> out(values.size());
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) out[column * rows + row] = values[row * columns + column];
  }
  return out;
}

struct FieldFree {
  void operator()(zfp_field* field) const { zfp_field_free(field); }
};
struct StreamClose {
  void operator()(zfp_stream* stream) const { zfp_stream_close(stream); }
};

/// zfp's tolerance counts only as a power of two, so values are divided by the step and the tolerance is 1.
class Zfp {
 public:
  Zfp(float* values, const Layout& layout) : stream_(zfp_stream_open(nullptr)) {
    const auto type = zfp_type_float;
    const auto [x, y, z] = layout.extents;
    field_.reset(y == 0   ? zfp_field_1d(values, type, x)
                 : z == 0 ? zfp_field_2d(values, type, x, y)
                          : zfp_field_3d(values, type, x, y, z));
    zfp_stream_set_accuracy(stream_.get(), 1.0);
  }
  Bytes compress() {
    Bytes out(zfp_stream_maximum_size(stream_.get(), field_.get()));
    out.resize(with_bits(out, [&] { return zfp_compress(stream_.get(), field_.get()); }));
    return out;
  }
  void decompress(std::span<const std::byte> coded) {
    // zfp reads whole words: a copy gives it room behind the end.
    Bytes padded(coded.begin(), coded.end());
    padded.resize(coded.size() + sizeof(std::uint64_t));
    with_bits(padded, [&] { return zfp_decompress(stream_.get(), field_.get()); });
  }

 private:
  template <class Call>
  std::size_t with_bits(Bytes& bytes, Call call) {
    bitstream* bits = stream_open(bytes.data(), bytes.size());
    zfp_stream_set_bit_stream(stream_.get(), bits);
    zfp_stream_rewind(stream_.get());
    const std::size_t result = call();
    stream_close(bits);
    if (result == 0) throw Failed{"zfp", {ErrorCode::internal, Error::kNoOffset, "failed"}};
    return result;
  }
  std::unique_ptr<zfp_stream, StreamClose> stream_;
  std::unique_ptr<zfp_field, FieldFree> field_;
};

Bytes encode(const Sample& sample, double step, const Layout& layout) {
  std::vector<float> scaled = layout.transposed_rows > 0 ? transpose(sample.values, layout.transposed_rows,
                                                                     sample.values.size() / layout.transposed_rows)
                                                         : sample.values;
  for (float& value : scaled) value = static_cast<float>(double{value} / step);
  return Zfp(scaled.data(), layout).compress();
}

void decode(std::span<const std::byte> coded, double step, const Layout& layout, std::span<float> out) {
  Zfp(out.data(), layout).decompress(coded);
  for (float& value : out) value = static_cast<float>(double{value} * step);
  if (layout.transposed_rows == 0) return;
  const std::vector<float> rows = transpose(out, out.size() / layout.transposed_rows, layout.transposed_rows);
  std::copy(rows.begin(), rows.end(), out.begin());
}

}  // namespace

SteppedCodec zfp_accuracy(const Sample& sample) {
  // The layout that needs the fewest bits at a middling accuracy; which one wins hardly depends on it.
  const double middling = sample.deviation() / 2;
  Layout best{};
  std::size_t best_bytes = std::numeric_limits<std::size_t>::max();
  for (const Layout& layout : layouts(sample)) {
    const std::size_t bytes = encode(sample, middling, layout).size();
    if (bytes < best_bytes) {
      best = layout;
      best_bytes = bytes;
    }
  }
  SteppedCodec codec;
  codec.nmse_at = [&sample, best](double step) {
    std::vector<float> decoded(sample.values.size());
    decode(encode(sample, step, best), step, best, decoded);
    return nmse(sample, decoded);
  };
  codec.run_at = [&sample, best](double step) {
    CodecRun run;
    run.codec = "zfp fixed accuracy";
    run.encode = [&sample, step, best] { return encode(sample, step, best); };
    run.decode = [step, best](std::span<const std::byte> coded, std::span<std::byte> out) {
      decode(coded, step, best, as_floats(out));
    };
    return run;
  };
  return codec;
}

}  // namespace actz::bench
