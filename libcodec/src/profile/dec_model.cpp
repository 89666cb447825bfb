#include <algorithm>
#include <bit>
#include <cmath>
#include <string>

#include "base/byte_reader.hpp"
#include "base/bytes.hpp"
#include "base/checked_math.hpp"
#include "base/rice.hpp"
#include "base/try.hpp"
#include "generated/format_limits.hpp"
#include "profile/codec_model.hpp"
#include "quantize/dependent.hpp"

namespace actz {
namespace {

constexpr std::int32_t kInt16Min = -32768;
constexpr std::int32_t kInt16Max = 32767;

template <class T>
Result<std::vector<T>> read_array(ByteReader& in, std::uint64_t count, std::size_t row_length, std::int32_t minimum,
                                  std::int32_t maximum, const char* field) {
  if (count > kMaxArrayValues) {  // R-MODEL-06
    return in.error_here(ErrorCode::limit_exceeded, std::string(field) + " has too many elements");
  }
  ACTZ_TRY(const auto wide, read_rice_array(in, static_cast<std::size_t>(count), row_length, minimum, maximum, field));
  std::vector<T> out(wide.size());
  std::transform(wide.begin(), wide.end(), out.begin(), [](std::int32_t value) { return static_cast<T>(value); });
  return out;
}

Result<std::vector<std::int16_t>> read_matrix(ByteReader& in, std::uint64_t count, std::size_t row_length,
                                              const char* field) {
  return read_array<std::int16_t>(in, count, row_length, kInt16Min, kInt16Max, field);
}

Status read_lags(ByteReader& in, Predictor& predictor) {
  ACTZ_TRY(const auto lag_count, in.u8("lag_count"));
  if (lag_count == 0 || lag_count > kMaxLags) {  // R-MODEL-10
    return in.error_here(ErrorCode::corrupt, "lag_count is not 1 to 16");
  }
  for (unsigned i = 0; i < lag_count; ++i) {
    ACTZ_TRY(const auto lag, in.u16("lag"));
    if (lag == 0 || lag > kMaxLag || lag <= predictor.longest_lag()) {  // R-MODEL-11
      return in.error_here(ErrorCode::corrupt, "lags do not ascend within 1 to 4096");
    }
    predictor.lags.push_back(lag);
  }
  return {};
}

/// @param weights  that the network may have beside those so far.
Status take_weights(const ByteReader& in, std::uint64_t count, std::uint64_t& weights) {
  if (count > weights) {  // R-MODEL-15
    return in.error_here(ErrorCode::limit_exceeded, "the network has more than 65536 weights for each channel");
  }
  weights -= count;
  return {};
}

Status read_network_layer(ByteReader& in, NetworkLayer& layer, std::uint64_t inputs, std::uint64_t& weights) {
  ACTZ_TRY(layer.outputs, in.u16("outputs of a layer"));
  if (layer.outputs == 0 || layer.outputs > kMaxNetworkOutputs) {  // R-MODEL-14
    return in.error_here(ErrorCode::corrupt, "a layer of the network does not have 1 to 4096 outputs");
  }
  ACTZ_CHECK(take_weights(in, layer.outputs * inputs, weights));
  ACTZ_TRY(layer.shift, read_array<std::uint8_t>(in, layer.outputs, 0, 0, kMaxShift, "shift of a layer"));
  ACTZ_TRY(layer.weights, read_array<std::int8_t>(in, layer.outputs * inputs, static_cast<std::size_t>(inputs), -128,
                                                  127, "weights of a layer"));
  return {};
}

Status read_network(ByteReader& in, Network& network, std::uint32_t channels, std::size_t rows_seen) {
  ACTZ_TRY(const auto layers, in.u8("layer_count"));
  if (layers == 0 || layers > kMaxNetworkLayers) {  // R-MODEL-13
    return in.error_here(ErrorCode::corrupt, "layer_count is not 1 to 4");
  }
  std::uint64_t inputs = std::uint64_t{channels} * rows_seen;
  std::uint64_t weights = kMaxNetworkWeights * channels;
  for (unsigned i = 0; i < layers; ++i) {
    ACTZ_CHECK(read_network_layer(in, network.layers.emplace_back(), inputs, weights));
    inputs = network.layers.back().outputs;
  }
  ACTZ_CHECK(take_weights(in, channels * inputs, weights));
  ACTZ_TRY(network.output_shift, read_array<std::uint8_t>(in, channels, 0, 0, kMaxShift, "network output_shift"));
  ACTZ_TRY(network.matrix,
           read_matrix(in, channels * inputs, static_cast<std::size_t>(inputs), "matrix of the network"));
  return {};
}

/// @param matched  the model has a match part.
Status read_predictor(ByteReader& in, Predictor& predictor, std::uint32_t channels, bool matched) {
  if (predictor.kind == PredictorKind::none) return {};
  ACTZ_CHECK(read_lags(in, predictor));
  const std::uint64_t inputs = std::uint64_t{channels} * predictor.lags.size();
  ACTZ_TRY(predictor.input_shift, read_array<std::uint8_t>(in, channels, 0, 0, kMaxShift, "input_shift"));
  if (predictor.kind == PredictorKind::low_rank) {
    ACTZ_TRY(predictor.rank, in.u16("rank"));
    if (predictor.rank == 0) return in.error_here(ErrorCode::corrupt, "rank is 0");  // R-MODEL-12
    ACTZ_TRY(predictor.down_shift, read_array<std::uint8_t>(in, predictor.rank, 0, 0, kMaxShift, "down_shift"));
    ACTZ_TRY(predictor.down, read_matrix(in, predictor.rank * inputs, channels, "down"));
    ACTZ_TRY(predictor.output_shift, read_array<std::uint8_t>(in, channels, 0, 0, kMaxShift, "output_shift"));
    ACTZ_TRY(predictor.up, read_matrix(in, std::uint64_t{channels} * predictor.rank, predictor.rank, "up"));
  } else {
    ACTZ_TRY(predictor.output_shift, read_array<std::uint8_t>(in, channels, 0, 0, kMaxShift, "output_shift"));
    ACTZ_TRY(predictor.matrix, read_matrix(in, channels * inputs, channels, "predictor matrix"));
  }
  if (predictor.kind == PredictorKind::network)
    return read_network(in, predictor.network, channels, Network::rows_seen(predictor.lags.size(), matched));
  return {};
}

Status read_reference(ByteReader& in, Reference& reference, std::uint32_t channels) {
  ACTZ_TRY(reference.channels, in.u32("reference channels"));
  if (reference.channels == 0 || reference.channels > kMaxChannels) {  // R-MODEL-60
    return in.error_here(ErrorCode::corrupt, "reference channels is not 1 to 65536");
  }
  ACTZ_TRY(reference.rows, in.u8("reference rows"));
  if (reference.rows == 0 || reference.rows > kMaxReferenceRows) {  // R-MODEL-63
    return in.error_here(ErrorCode::corrupt, "reference rows is not 1 to 4");
  }
  ACTZ_TRY(const auto scale, in.u32("reference scale"));
  reference.scale = std::bit_cast<float>(scale);
  if (!std::isfinite(reference.scale) || reference.scale <= 0) {  // R-MODEL-61
    return in.error_here(ErrorCode::corrupt, "reference scale is not a positive finite number");
  }
  ACTZ_TRY(const auto centre, in.bytes(std::uint64_t{reference.channels} * 4, "reference centre"));
  for (std::size_t at = 0; at < centre.size(); at += 4) {
    reference.centre.push_back(std::bit_cast<float>(load_le<std::uint32_t>(&centre[at])));
    if (!std::isfinite(reference.centre.back())) {  // R-MODEL-62
      return in.error_here(ErrorCode::corrupt, "a reference centre is not finite");
    }
  }
  ACTZ_TRY(reference.input_shift,
           read_array<std::uint8_t>(in, reference.channels, 0, 0, kMaxShift, "reference input_shift"));
  ACTZ_TRY(reference.output_shift, read_array<std::uint8_t>(in, channels, 0, 0, kMaxShift, "reference output_shift"));
  ACTZ_TRY(reference.matrix, read_matrix(in, std::uint64_t{channels} * reference.channels * reference.rows,
                                         reference.channels, "reference matrix"));
  return {};
}

Status read_match(ByteReader& in, MatchModel& match, std::uint32_t channels) {
  if (match.dictionary) {
    ACTZ_TRY(const auto digest, in.bytes(match.dictionary->size(), "digest of the dictionary"));
    std::copy(digest.begin(), digest.end(), match.dictionary->begin());
  }
  ACTZ_TRY(match.classes, in.u8("match classes"));
  if (match.classes == 0 || match.classes > kMaxMatchClasses) {  // R-MODEL-70
    return in.error_here(ErrorCode::corrupt, "match classes is not 1 to 8");
  }
  std::uint32_t used = 0;  // of 2^kMaxMatchCodeBits codes
  for (unsigned i = 0; i <= match.classes; ++i) {
    ACTZ_TRY(const auto bits, in.u8("code of a match class"));
    if (bits == 0 || bits > kMaxMatchCodeBits) {  // R-MODEL-71
      return in.error_here(ErrorCode::corrupt, "the code of a match class is not of 1 to 8 bits");
    }
    match.code_bits.push_back(bits);
    used += 1u << (kMaxMatchCodeBits - bits);
  }
  if (used != 1u << kMaxMatchCodeBits) {  // R-MODEL-71
    return in.error_here(ErrorCode::corrupt, "the codes of the match classes are no complete prefix code");
  }
  for (unsigned i = 0; i <= match.classes; ++i) {
    ACTZ_TRY(const auto activity, in.u16("start activity"));
    match.start_activity.push_back(activity);
  }
  ACTZ_TRY(match.gain,
           read_array<std::uint8_t>(in, std::uint64_t{match.classes} * channels, channels, 0, 255, "match gains"));
  return {};
}

Status read_blocks(ByteReader& in, Synthesis& synthesis, std::uint32_t channels) {
  ACTZ_TRY(synthesis.block_channels, in.u32("block_channels"));
  if (synthesis.block_channels == 0 || synthesis.block_channels > channels) {  // R-MODEL-21
    return in.error_here(ErrorCode::corrupt, "block_channels is not 1 to channels");
  }
  const std::uint64_t blocks = ceil_div(channels, synthesis.block_channels);
  ACTZ_TRY(
      synthesis.block_coefficients,
      read_array<std::uint16_t>(in, blocks, 0, 0, static_cast<std::int32_t>(std::min(synthesis.block_channels, 65535u)),
                                "block_coefficients"));
  std::uint64_t elements = 0;
  std::uint64_t coefficients = 0;
  for (std::size_t i = 0; i < blocks; ++i) {
    const std::uint32_t width = std::min<std::uint32_t>(
        synthesis.block_channels, channels - static_cast<std::uint32_t>(i) * synthesis.block_channels);
    if (synthesis.block_coefficients[i] > width) {  // R-MODEL-22
      return in.error_here(ErrorCode::corrupt, "a block has more coefficients than channels");
    }
    elements += std::uint64_t{width} * synthesis.block_coefficients[i];
    coefficients += synthesis.block_coefficients[i];
  }
  if (coefficients != synthesis.coefficients) {  // R-MODEL-23
    return in.error_here(ErrorCode::corrupt, "block_coefficients do not sum to coefficients");
  }
  ACTZ_TRY(synthesis.matrix, read_matrix(in, elements, synthesis.block_channels, "synthesis matrix"));
  return {};
}

Status read_synthesis(ByteReader& in, Synthesis& synthesis, std::uint32_t channels) {
  ACTZ_TRY(synthesis.shift, in.u8("synthesis shift"));
  ACTZ_TRY(synthesis.coefficients, in.u32("coefficients"));
  if (synthesis.shift > kMaxSynthesisShift || synthesis.coefficients > channels) {  // R-MODEL-20
    return in.error_here(ErrorCode::corrupt, "synthesis shift or coefficients out of range");
  }
  switch (synthesis.kind) {
    case SynthesisKind::diagonal: {
      if (synthesis.coefficients != channels) {  // R-MODEL-24
        return in.error_here(ErrorCode::corrupt, "a diagonal synthesis needs a coefficient per channel");
      }
      ACTZ_TRY(synthesis.matrix, read_matrix(in, channels, 0, "synthesis diagonal"));
      return {};
    }
    case SynthesisKind::dense: {
      ACTZ_TRY(synthesis.matrix, read_matrix(in, std::uint64_t{channels} * synthesis.coefficients,
                                             synthesis.coefficients, "synthesis matrix"));
      return {};
    }
    case SynthesisKind::block: return read_blocks(in, synthesis, channels);
  }
  return in.error_here(ErrorCode::unsupported, "unknown synthesis kind");
}

Status read_bins(ByteReader& in, BinTable& table) {
  ACTZ_TRY(table.element_bits, in.u8("element_bits"));
  ACTZ_TRY(table.low_zero_bits, in.u8("low_zero_bits"));
  const unsigned bits = table.element_bits;
  if ((bits != 8 && bits != 16 && bits != 32 && bits != 64) || table.low_zero_bits >= bits) {  // R-MODEL-30
    return in.error_here(ErrorCode::corrupt, "element_bits or low_zero_bits out of range");
  }
  ACTZ_TRY(const auto bin_count, in.u16("bin_count"));
  if (bin_count == 0 || bin_count > kMaxSymbols) {  // R-MODEL-31
    return in.error_here(ErrorCode::corrupt, "bin_count is not 1 to 256");
  }
  const unsigned kept_bits = bits - table.low_zero_bits;
  const std::uint64_t largest = kept_bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << kept_bits) - 1;
  for (unsigned i = 0; i < bin_count; ++i) {
    Bin bin;
    ACTZ_TRY(bin.width_bits, in.u8("bin width"));
    ACTZ_TRY(const auto base, in.bytes(bits / 8, "bin base"));
    for (unsigned byte = 0; byte < bits / 8; ++byte) bin.base |= static_cast<std::uint64_t>(base[byte]) << (8 * byte);
    if (bin.width_bits == Bin::kEscape) {
      if (bin.base != 0) return in.error_here(ErrorCode::corrupt, "the escape bin has a base");  // R-MODEL-32
    } else {
      const bool fits = bin.width_bits <= kept_bits && bin.width_bits < 64 && bin.base <= largest &&
                        (std::uint64_t{1} << bin.width_bits) - 1 <= largest - bin.base;
      if (!fits) return in.error_here(ErrorCode::corrupt, "a bin leaves the range of the elements");  // R-MODEL-33
    }
    table.bins.push_back(bin);
  }
  return {};
}

Status read_class(ByteReader& in, StaticModel& model, bool lossy, std::size_t bin_count) {
  std::size_t symbol_count = bin_count;
  if (lossy) {
    SymbolRange range;
    ACTZ_TRY(const auto lowest, in.u32("lowest"));
    ACTZ_TRY(range.raw_bits, in.u8("raw_bits"));
    ACTZ_TRY(symbol_count, in.u16("symbol_count"));
    range.lowest = static_cast<std::int32_t>(lowest);
    const bool legal = range.raw_bits <= kMaxRawBits && symbol_count >= 1 && symbol_count <= kMaxSymbols &&
                       range.lowest >= kInt16Min && range.lowest <= kInt16Max;
    if (!legal) return in.error_here(ErrorCode::corrupt, "symbol range of a class out of bounds");  // R-MODEL-41
    const std::int64_t lowest_value = std::int64_t{range.lowest} * (1 << range.raw_bits);
    const std::int64_t end_value =
        (std::int64_t{range.lowest} + static_cast<std::int64_t>(symbol_count) - 1) * (1 << range.raw_bits);
    if (lowest_value < kInt16Min || end_value > kInt16Max + 1) {  // R-MODEL-42
      return in.error_here(ErrorCode::corrupt, "a class codes values beyond 16 bits");
    }
    model.ranges.push_back(range);
  }
  const std::int32_t total = 1 << model.tables.precision_bits;
  ACTZ_TRY(auto frequencies, read_array<std::uint16_t>(in, symbol_count, 0, 0, total, "frequencies"));
  std::int64_t sum = 0;
  for (const std::uint16_t frequency : frequencies) sum += frequency;
  if (sum != total) return in.error_here(ErrorCode::corrupt, "frequencies do not sum to their total");  // R-MODEL-43
  model.tables.classes.push_back(std::move(frequencies));
  return {};
}

Status read_static_model(ByteReader& in, CodecModel& model) {
  const bool lossy = model.kind == CodecKind::lossy;
  ACTZ_TRY(const auto precision_bits, in.u8("precision_bits"));
  ACTZ_TRY(const auto class_count, in.u16("class_count"));
  if (precision_bits < kMinPrecisionBits || precision_bits > kMaxPrecisionBits || class_count == 0 ||
      class_count > kMaxClasses) {  // R-MODEL-40
    return in.error_here(ErrorCode::corrupt, "precision_bits or class_count out of range");
  }
  model.entropy.tables.precision_bits = precision_bits;
  for (unsigned i = 0; i < class_count; ++i) {
    ACTZ_CHECK(read_class(in, model.entropy, lossy, model.bins.bins.size()));
  }
  const std::uint32_t coefficients = lossy ? model.synthesis.coefficients : model.channels;
  ACTZ_TRY(model.entropy.class_of,
           read_array<std::uint8_t>(in, coefficients, 0, 0, class_count - 1, "class_of"));  // R-MODEL-44
  return {};
}

Status read_context_table(ByteReader& in, ContextModel& model) {
  ACTZ_TRY(const auto code_count, in.u8("code_count"));
  const std::int32_t total = 1 << model.tables.precision_bits;
  ACTZ_TRY(const auto stored,
           read_array<std::uint16_t>(in, std::uint64_t{code_count} + 1, 0, 1, total, "frequencies"));  // R-MODEL-51
  std::int64_t sum = 0;
  for (const std::uint16_t frequency : stored) sum += frequency;
  if (sum != total) return in.error_here(ErrorCode::corrupt, "frequencies do not sum to their total");  // R-MODEL-43
  ClassFrequencies frequencies(kMaxSymbols);
  std::copy(stored.begin(), stored.end() - 1, frequencies.begin());
  frequencies[ContextModel::kEscapeSymbol] = stored.back();
  model.tables.classes.push_back(std::move(frequencies));
  model.code_count.push_back(code_count);
  return {};
}

Status read_thresholds(ByteReader& in, ContextModel& model) {
  ACTZ_TRY(const auto bins, in.u8("bins"));
  if (bins == 0 || bins > kMaxBins) return in.error_here(ErrorCode::corrupt, "bins is not 1 to 8");  // R-MODEL-52
  model.bins = bins;
  for (unsigned i = 1; i < model.bins; ++i) {
    ACTZ_TRY(const auto threshold, in.u16("threshold"));
    if (i > 1 && threshold < model.thresholds.back()) {  // R-MODEL-53
      return in.error_here(ErrorCode::corrupt, "thresholds descend");
    }
    model.thresholds.push_back(threshold);
  }
  return {};
}

Status read_table_of(ByteReader& in, ContextModel& model) {
  const std::size_t per_coefficient = std::size_t{model.bins} * model.quantizers;
  const std::uint64_t count = std::uint64_t{model.coefficients()} * per_coefficient;
  ACTZ_TRY(auto table,
           read_array<std::int32_t>(in, count, per_coefficient * kTableRowCoefficients, -255, 255, "table_of"));
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (i >= per_coefficient) table[i] += table[i - per_coefficient];
    if (table[i] < 0 || table[i] >= static_cast<std::int32_t>(model.tables.classes.size())) {  // R-MODEL-54
      return in.error_here(ErrorCode::corrupt, "a coefficient names a table that does not exist");
    }
    model.table_of.push_back(static_cast<std::uint8_t>(table[i]));
  }
  return {};
}

Status read_context_model(ByteReader& in, CodecModel& codec) {
  ContextModel& model = codec.context;
  const std::uint32_t coefficients = codec.synthesis.coefficients;
  ACTZ_TRY(const auto precision_bits, in.u8("precision_bits"));
  ACTZ_TRY(const auto table_count, in.u16("table_count"));
  if (precision_bits < kMinPrecisionBits || precision_bits > kMaxPrecisionBits || table_count == 0 ||
      table_count > kMaxClasses) {  // R-MODEL-50
    return in.error_here(ErrorCode::corrupt, "precision_bits or table_count out of range");
  }
  model.tables.precision_bits = precision_bits;
  model.quantizers = codec.state_bits > 0 ? 2 : 1;
  ACTZ_CHECK(read_thresholds(in, model));
  for (unsigned i = 0; i < table_count; ++i) ACTZ_CHECK(read_context_table(in, model));
  ACTZ_TRY(model.weight, read_array<std::uint16_t>(in, coefficients, 0, 0, 65535, "weight"));
  ACTZ_TRY(model.raw_bits, read_array<std::uint8_t>(in, coefficients, 0, 0, kMaxRawBits, "raw_bits"));
  return read_table_of(in, model);
}

Status read_kinds(ByteReader& in, CodecModel& model) {
  ACTZ_TRY(const auto codec, in.u8("codec_kind"));
  ACTZ_TRY(const auto predictor, in.u8("predictor_kind"));
  ACTZ_TRY(const auto synthesis, in.u8("synthesis_kind"));
  ACTZ_TRY(const auto quantiser, in.u8("quantiser_kind"));
  ACTZ_TRY(const auto entropy, in.u8("entropy_kind"));
  ACTZ_TRY(const auto state_bits, in.u8("state_bits"));
  ACTZ_TRY(const auto reference, in.u8("reference_kind"));
  ACTZ_TRY(const auto match, in.u8("match_kind"));
  const bool lossy = codec == static_cast<std::uint8_t>(CodecKind::lossy);
  const bool lossless = codec == static_cast<std::uint8_t>(CodecKind::lossless);
  const bool with_context = entropy == static_cast<std::uint8_t>(EntropyKind::context);
  const bool uniform = quantiser == static_cast<std::uint8_t>(QuantizerKind::uniform) && state_bits == 0;
  const bool dependent = quantiser == static_cast<std::uint8_t>(QuantizerKind::dependent) && with_context &&
                         (state_bits == 2 || state_bits == kMaxStateBits);
  const bool known = (lossy && predictor <= 3 && synthesis >= 1 && synthesis <= 3 && (uniform || dependent)) ||
                     (lossless && predictor == 0 && synthesis == 0 && quantiser == 0 && state_bits == 0 &&
                      !with_context && reference == 0 && match == 0);
  if (!known || reference > 1 || match > 2 ||
      (entropy != static_cast<std::uint8_t>(EntropyKind::static_classes) && !with_context)) {  // R-MODEL-02
    return in.error_here(ErrorCode::unsupported, "the model uses a kind this version does not know");
  }
  model.kind = static_cast<CodecKind>(codec);
  model.entropy_kind = static_cast<EntropyKind>(entropy);
  model.state_bits = state_bits;
  model.reference.channels = reference;  // replaced by their number when the part is read
  model.match.classes = match;           // likewise
  if (match == 2) model.match.dictionary.emplace();
  model.predictor.kind = static_cast<PredictorKind>(predictor);
  if (lossy) model.synthesis.kind = static_cast<SynthesisKind>(synthesis);
  return {};
}

}  // namespace

Result<CodecModel> read_model(std::span<const std::byte> payload, std::uint64_t file_offset_bytes) {
  ByteReader in(payload, file_offset_bytes);
  CodecModel model;
  ACTZ_CHECK(read_kinds(in, model));
  ACTZ_TRY(model.channels, in.u32("channels"));
  if (model.channels == 0 || model.channels > kMaxChannels) {  // R-MODEL-07
    return in.error_here(ErrorCode::corrupt, "channels is not 1 to 65536");
  }
  if (model.kind == CodecKind::lossy) {
    ACTZ_TRY(const auto unit_pattern, in.u32("unit"));
    model.unit = std::bit_cast<float>(unit_pattern);
    if (!std::isfinite(model.unit) || model.unit <= 0) {  // R-MODEL-08
      return in.error_here(ErrorCode::corrupt, "unit is not a positive finite number");
    }
    ACTZ_TRY(model.centre, read_array<std::int32_t>(in, model.channels, 0, INT32_MIN, INT32_MAX, "centre"));
    ACTZ_CHECK(read_predictor(in, model.predictor, model.channels, model.match.classes > 0));
    if (model.reference.channels > 0) ACTZ_CHECK(read_reference(in, model.reference, model.channels));
    if (model.match.classes > 0) ACTZ_CHECK(read_match(in, model.match, model.channels));
    ACTZ_CHECK(read_synthesis(in, model.synthesis, model.channels));
  } else {
    ACTZ_CHECK(read_bins(in, model.bins));
  }
  if (model.entropy_kind == EntropyKind::context) {
    ACTZ_CHECK(read_context_model(in, model));
  } else {
    ACTZ_CHECK(read_static_model(in, model));
  }
  if (in.remaining_bytes() != 0) {  // R-MODEL-09
    return in.error_here(ErrorCode::corrupt, "bytes follow the model");
  }
  return model;
}

}  // namespace actz
