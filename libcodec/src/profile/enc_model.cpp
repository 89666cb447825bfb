#include <bit>

#include "base/byte_writer.hpp"
#include "base/rice.hpp"
#include "generated/format_limits.hpp"
#include "profile/codec_model.hpp"

namespace actz {
namespace {

template <class T>
void write_array(ByteWriter& out, const std::vector<T>& values, std::size_t row_length = 0) {
  write_rice_array(out, std::vector<std::int32_t>(values.begin(), values.end()), row_length);
}

void write_network(ByteWriter& out, const Network& network) {
  out.u8(static_cast<std::uint8_t>(network.layers.size()));
  for (const NetworkLayer& layer : network.layers) {
    out.u16(layer.outputs);
    write_array(out, layer.shift);
    write_array(out, layer.weights, layer.weights.size() / layer.outputs);
  }
  write_array(out, network.output_shift);
  write_array(out, network.matrix, network.features());
}

void write_predictor(ByteWriter& out, const Predictor& predictor, std::uint32_t channels) {
  if (predictor.kind == PredictorKind::none) return;
  out.u8(static_cast<std::uint8_t>(predictor.lags.size()));
  for (const std::uint16_t lag : predictor.lags) out.u16(lag);
  write_array(out, predictor.input_shift);
  if (predictor.kind == PredictorKind::low_rank) {
    out.u16(predictor.rank);
    write_array(out, predictor.down_shift);
    write_array(out, predictor.down, channels);
    write_array(out, predictor.output_shift);
    write_array(out, predictor.up, predictor.rank);
  } else {
    write_array(out, predictor.output_shift);
    write_array(out, predictor.matrix, channels);
  }
  if (predictor.kind == PredictorKind::network) write_network(out, predictor.network);
}

void write_reference(ByteWriter& out, const Reference& reference) {
  if (reference.channels == 0) return;
  out.u32(reference.channels);
  out.u8(reference.rows);
  out.u32(std::bit_cast<std::uint32_t>(reference.scale));
  for (const float centre : reference.centre) out.u32(std::bit_cast<std::uint32_t>(centre));
  write_array(out, reference.input_shift);
  write_array(out, reference.output_shift);
  write_array(out, reference.matrix, reference.channels);
}

void write_synthesis(ByteWriter& out, const Synthesis& synthesis) {
  out.u8(synthesis.shift);
  out.u32(synthesis.coefficients);
  switch (synthesis.kind) {
    case SynthesisKind::diagonal: write_array(out, synthesis.matrix); break;
    case SynthesisKind::dense: write_array(out, synthesis.matrix, synthesis.coefficients); break;
    case SynthesisKind::block:
      out.u32(synthesis.block_channels);
      write_array(out, synthesis.block_coefficients);
      write_array(out, synthesis.matrix, synthesis.block_channels);
      break;
  }
}

void write_match(ByteWriter& out, const MatchModel& match, std::uint32_t channels) {
  if (match.classes == 0) return;
  if (match.dictionary) out.bytes(*match.dictionary);
  out.u8(static_cast<std::uint8_t>(match.classes));
  for (const std::uint8_t bits : match.code_bits) out.u8(bits);
  for (const std::uint16_t activity : match.start_activity) out.u16(activity);
  write_array(out, match.gain, channels);
}

void write_bins(ByteWriter& out, const BinTable& table) {
  out.u8(table.element_bits);
  out.u8(table.low_zero_bits);
  out.u16(static_cast<std::uint16_t>(table.bins.size()));
  for (const Bin& bin : table.bins) {
    out.u8(bin.width_bits);
    for (unsigned bit = 0; bit < table.element_bits; bit += 8) out.u8(static_cast<std::uint8_t>(bin.base >> bit));
  }
}

void write_static_model(ByteWriter& out, const StaticModel& model) {
  out.u8(static_cast<std::uint8_t>(model.tables.precision_bits));
  out.u16(static_cast<std::uint16_t>(model.tables.classes.size()));
  for (std::size_t i = 0; i < model.tables.classes.size(); ++i) {
    const ClassFrequencies& frequencies = model.tables.classes[i];
    if (!model.ranges.empty()) {
      out.u32(static_cast<std::uint32_t>(model.ranges[i].lowest));
      out.u8(model.ranges[i].raw_bits);
      out.u16(static_cast<std::uint16_t>(frequencies.size()));
    }
    write_array(out, frequencies);
  }
  write_array(out, model.class_of);
}

/// Tables of one coefficient differ little from those of the one before: what is stored is the difference.
std::vector<std::int32_t> table_differences(const ContextModel& model) {
  const std::size_t per_coefficient = std::size_t{model.bins} * model.quantizers;
  std::vector<std::int32_t> out(model.table_of.begin(), model.table_of.end());
  for (std::size_t i = out.size(); i-- > per_coefficient;) out[i] -= out[i - per_coefficient];
  return out;
}

void write_context_model(ByteWriter& out, const ContextModel& model) {
  out.u8(static_cast<std::uint8_t>(model.tables.precision_bits));
  out.u16(static_cast<std::uint16_t>(model.tables.classes.size()));
  out.u8(static_cast<std::uint8_t>(model.bins));
  for (const std::uint16_t threshold : model.thresholds) out.u16(threshold);
  for (std::size_t table = 0; table < model.tables.classes.size(); ++table) {
    const ClassFrequencies& frequencies = model.tables.classes[table];
    out.u8(model.code_count[table]);
    std::vector<std::int32_t> stored(frequencies.begin(), frequencies.begin() + model.code_count[table]);
    stored.push_back(frequencies[ContextModel::kEscapeSymbol]);
    write_array(out, stored);
  }
  write_array(out, model.weight);
  write_array(out, model.raw_bits);
  write_rice_array(out, table_differences(model), std::size_t{model.bins} * model.quantizers * kTableRowCoefficients);
}

}  // namespace

std::vector<std::byte> write_model(const CodecModel& model) {
  const bool lossy = model.kind == CodecKind::lossy;
  ByteWriter out;
  out.u8(static_cast<std::uint8_t>(model.kind));
  out.u8(lossy ? static_cast<std::uint8_t>(model.predictor.kind) : 0);
  out.u8(lossy ? static_cast<std::uint8_t>(model.synthesis.kind) : 0);
  const QuantizerKind quantizer = model.state_bits > 0 ? QuantizerKind::dependent : QuantizerKind::uniform;
  out.u8(lossy ? static_cast<std::uint8_t>(quantizer) : 0);
  out.u8(static_cast<std::uint8_t>(model.entropy_kind));
  out.u8(static_cast<std::uint8_t>(model.state_bits));
  out.u8(model.reference.channels > 0 ? 1 : 0);
  out.u8(model.match.classes == 0 ? 0 : model.match.dictionary ? 2 : 1);
  out.u32(model.channels);
  if (lossy) {
    out.u32(std::bit_cast<std::uint32_t>(model.unit));
    write_array(out, model.centre);
    write_predictor(out, model.predictor, model.channels);
    write_reference(out, model.reference);
    write_match(out, model.match, model.channels);
    write_synthesis(out, model.synthesis);
  } else {
    write_bins(out, model.bins);
  }
  if (model.entropy_kind == EntropyKind::context) {
    write_context_model(out, model.context);
  } else {
    write_static_model(out, model.entropy);
  }
  return out.take();
}

}  // namespace actz
