#include <algorithm>
#include <bit>
#include <cmath>

#include "base/bytes.hpp"
#include "base/checksum.hpp"
#include "container/patches.hpp"
#include "pipeline/enc_chunk.hpp"
#include "pipeline/enc_symbols.hpp"
#include "pipeline/row_output.hpp"
#include "tensor/float_convert.hpp"

namespace actz {
namespace {

/// An element as binary64, exactly.
double element_at(DType dtype, const std::byte* from) {
  switch (dtype) {
    case DType::f16: return std::bit_cast<float>(f16_to_f32_bits(load_le<std::uint16_t>(from)));
    case DType::bf16: return std::bit_cast<float>(bf16_to_f32_bits(load_le<std::uint16_t>(from)));
    case DType::f32: return std::bit_cast<float>(load_le<std::uint32_t>(from));
    default: return std::bit_cast<double>(load_le<std::uint64_t>(from));
  }
}

class LossyChunkEncoder final : public ChunkEncoder {
 public:
  LossyChunkEncoder(const CodecModel& model, const TensorHeader& tensor, const LossyChunkOptions& options)
      : model_(model),
        tensor_(tensor),
        options_(options),
        rows_(model, Rates::of_model, options.decisions),
        symbols_(model.entropy_kind == EntropyKind::context ? make_context_symbol_coder(model_) : make_static_symbol_coder(model_)),
        centre_(scaled_centre(model, tensor.centre_scale)) {}

  Result<EncodedChunk> encode(const ChunkPlace& place, std::span<const std::byte> elements) const override {
    const ChunkLayout layout = chunk_layout(tensor_, place.first_strand, place.strand_count);
    const std::vector<float> rows = centred_rows(elements, layout);
    std::vector<std::int16_t> quantised(layout.row_count * model_.synthesis.coefficients);
    std::vector<std::byte> decoded(elements.size());
    RowOutput output(tensor_, model_, decoded);
    rows_.encode(rows, layout.strands, quantised,
                 [&](std::size_t row, const std::int32_t* fixed) { output.store(row, fixed); });
    EncodedChunk out;
    const PatchList patches = measure_and_patch(elements, decoded, out.statistics);
    out.digest = xxh64(decoded);
    ChunkHeader header{place.tensor_index, place.chunk_index, place.first_strand, place.strand_count, place.model_index,
                       ChunkCoding::rans, 0, out.digest, 0, 0, 0};
    const auto coded = symbols_->code(quantised, layout, header);
    if (!coded) return exact_chunk(place, elements, std::move(out.statistics));
    const std::vector<std::byte> patch_bytes = write_patches(patches);
    header.patch_bytes = static_cast<std::uint32_t>(patch_bytes.size());
    out.payload = assemble_chunk(header, coded->states_and_words, coded->bypass, patch_bytes);
    return out;
  }

 private:
  static EncodedChunk exact_chunk(const ChunkPlace& place, std::span<const std::byte> elements, ChunkStatistics statistics) {
    EncodedChunk out = raw_chunk(place, elements);
    statistics.squared_error = statistics.max_abs_error = 0;
    statistics.patches = 0;
    out.statistics = std::move(statistics);
    return out;
  }

  /// Elements in fixed-point units with the centre subtracted; what is not finite or out of range becomes 0 here
  /// and is patched.
  std::vector<float> centred_rows(std::span<const std::byte> elements, const ChunkLayout& layout) const {
    const std::size_t d = tensor_.channels;
    std::vector<float> out(layout.element_count);
    if (tensor_.dtype == DType::f64) {
      for (std::size_t i = 0; i < out.size(); ++i) {
        const double value = element_at(DType::f64, &elements[i * 8]) / tensor_.unit - centre_[i % d];
        out[i] = static_cast<float>(value);
      }
    } else {
      floats_to_f32(tensor_.dtype, elements, out);
      const float scale = 1.0F / tensor_.unit;
      std::vector<float> centre(centre_.begin(), centre_.end());
      for (std::size_t row = 0; row < layout.row_count; ++row) {
        float* values = &out[row * d];
        for (std::size_t c = 0; c < d; ++c) values[c] = values[c] * scale - centre[c];
      }
    }
    constexpr float kReach = 1e9F;  // beyond it a fixed-point row would leave int32
    for (float& value : out) {
      if (!(std::fabs(value) < kReach)) value = 0.0F;
    }
    return out;
  }

  /// Compares what a decoder will see with the input, lists the elements to be patched and applies the patches.
  PatchList measure_and_patch(std::span<const std::byte> elements, std::vector<std::byte>& decoded,
                              ChunkStatistics& statistics) const {
    const std::size_t width = element_bytes(tensor_.dtype);
    const std::size_t d = tensor_.channels;
    const std::size_t count = elements.size() / width;
    statistics.sum.assign(d, 0.0);
    statistics.square_sum.assign(d, 0.0);
    PatchList patches;
    std::vector<float> original_row(d);
    std::vector<float> decoded_row(d);
    for (std::size_t row = 0; row < count / d; ++row) {
      const bool wide = tensor_.dtype == DType::f64;
      if (!wide) {
        floats_to_f32(tensor_.dtype, elements.subspan(row * d * width, d * width), original_row);
        floats_to_f32(tensor_.dtype, std::span<const std::byte>(decoded).subspan(row * d * width, d * width), decoded_row);
      }
      for (std::size_t c = 0; c < d; ++c) {
        const std::size_t i = row * d + c;
        const double x = wide ? element_at(DType::f64, &elements[i * width]) : double{original_row[c]};
        const double y = wide ? element_at(DType::f64, &decoded[i * width]) : double{decoded_row[c]};
        const double error = std::fabs(x - y);
        const bool keep = std::isfinite(error) && (!options_.max_error || error <= *options_.max_error);
        if (keep) {
          statistics.squared_error += error * error;
          statistics.max_abs_error = std::max(statistics.max_abs_error, error);
        } else {
          patches.element.push_back(i);
          patches.values.insert(patches.values.end(), &elements[i * width], &elements[i * width] + width);
          std::copy_n(&elements[i * width], width, &decoded[i * width]);
        }
        const double centred = std::isfinite(x) ? x - double{tensor_.unit} * centre_[c] : 0.0;
        statistics.sum[c] += centred;
        statistics.square_sum[c] += centred * centred;
      }
    }
    statistics.finite_rows = count / d;
    statistics.patches = patches.element.size();
    return patches;
  }

  CodecModel model_;
  TensorHeader tensor_;
  LossyChunkOptions options_;
  LossyRowEncoder rows_;
  std::unique_ptr<SymbolCoder> symbols_;
  std::vector<std::int32_t> centre_;
};

}  // namespace

std::unique_ptr<ChunkEncoder> make_lossy_chunk_encoder(const CodecModel& model, const TensorHeader& tensor,
                                                       const LossyChunkOptions& options) {
  return std::make_unique<LossyChunkEncoder>(model, tensor, options);
}

}  // namespace actz
