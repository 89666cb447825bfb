#include <algorithm>
#include <bit>
#include <cmath>

#include "base/bit_writer.hpp"
#include "base/bytes.hpp"
#include "base/checksum.hpp"
#include "container/patches.hpp"
#include "pipeline/enc_chunk.hpp"
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
        rows_(model, RateTable(model.entropy), options.lambda_per_step_squared),
        tables_(model.entropy.tables),
        centre_(scaled_centre(model, tensor.centre_scale)) {
    std::vector<std::uint32_t> pattern;
    for (const std::uint8_t class_index : model.entropy.class_of) pattern.push_back(EncodeTables::table_offset(class_index));
    if (!pattern.empty()) schedule_ = make_schedule(pattern, schedule_storage_);
  }

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
    if (code_symbols(quantised, layout, header, write_patches(patches), out.payload)) return out;
    EncodedChunk exact = raw_chunk(place, elements);
    exact.statistics = std::move(out.statistics);
    exact.statistics.squared_error = exact.statistics.max_abs_error = 0;
    exact.statistics.patches = 0;
    return exact;
  }

 private:
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

  /// False if the model, whose frequencies may be anybody's, cannot code one of the values.
  bool code_symbols(std::span<const std::int16_t> quantised, const ChunkLayout& layout, ChunkHeader& header,
                    const std::vector<std::byte>& patches, std::vector<std::byte>& payload) const {
    const std::size_t r = model_.synthesis.coefficients;
    const StepPlan plan(layout.strands, rows_.loop().has_lags());
    std::vector<std::uint8_t> symbols;
    symbols.reserve(quantised.size() + kSymbolPadding);
    std::vector<std::size_t> step_symbols;
    BitWriter bypass;
    bool codable = true;
    StepRows step;
    for (std::size_t index = 0; index < plan.step_count(); ++index) {
      plan.rows_of(index, step);
      for (const std::size_t row : step.row) {
        for (std::size_t k = 0; k < r; ++k) symbols.push_back(symbol_of(quantised[row * r + k], k, bypass, codable));
      }
      step_symbols.push_back(step.row.size() * r);
    }
    if (!codable) return false;
    const std::size_t count = symbols.size();
    symbols.resize(count + kSymbolPadding);
    std::vector<std::byte> coded;
    entropy_code(tables_, schedule_, std::span(symbols).first(count), step_symbols, header, coded);
    const std::vector<std::byte> bypass_bytes = bypass.finish();
    header.bypass_bytes = static_cast<std::uint32_t>(bypass_bytes.size());
    header.patch_bytes = static_cast<std::uint32_t>(patches.size());
    payload = assemble_chunk(header, coded, bypass_bytes, patches);
    return true;
  }

  std::uint8_t symbol_of(int value, std::size_t coefficient, BitWriter& bypass, bool& codable) const {
    const unsigned class_index = model_.entropy.class_of[coefficient];
    const SymbolRange& range = model_.entropy.ranges[class_index];
    const ClassFrequencies& frequencies = model_.entropy.tables.classes[class_index];
    const int escape = static_cast<int>(frequencies.size()) - 1;
    const int symbol = (value >> range.raw_bits) - range.lowest;
    if (symbol >= 0 && symbol < escape && frequencies[static_cast<std::size_t>(symbol)] > 0) {
      if (range.raw_bits > 0) bypass.bits(static_cast<std::uint64_t>(value) & ((1u << range.raw_bits) - 1), range.raw_bits);
      return static_cast<std::uint8_t>(symbol);
    }
    const int low = range.lowest * (1 << range.raw_bits);
    const int end = (range.lowest + escape) * (1 << range.raw_bits);
    if ((value >= low && value < end) || frequencies.back() == 0) {
      codable = false;
      return 0;
    }
    bypass.bits(value >= end ? 1 : 0, 1);
    bypass.exp_golomb(static_cast<std::uint32_t>(value >= end ? value - end : low - 1 - value));
    return static_cast<std::uint8_t>(escape);
  }

  CodecModel model_;
  TensorHeader tensor_;
  LossyChunkOptions options_;
  LossyRowEncoder rows_;
  EncodeTables tables_;
  TableSchedule schedule_;
  std::vector<std::uint32_t> schedule_storage_;
  std::vector<std::int32_t> centre_;
};

}  // namespace

std::unique_ptr<ChunkEncoder> make_lossy_chunk_encoder(const CodecModel& model, const TensorHeader& tensor,
                                                       const LossyChunkOptions& options) {
  return std::make_unique<LossyChunkEncoder>(model, tensor, options);
}

}  // namespace actz
