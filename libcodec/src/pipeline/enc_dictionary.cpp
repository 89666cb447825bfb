#include "pipeline/enc_dictionary.hpp"

#include "base/byte_writer.hpp"
#include "base/bytes.hpp"
#include "base/try.hpp"
#include "fit/trial.hpp"
#include "pipeline/enc_chunk.hpp"

namespace actz {
namespace {

void put(ByteWriter& out, std::span<const std::byte> part) {
  out.u32(static_cast<std::uint32_t>(part.size()));
  out.bytes(part);
}

}  // namespace

Result<std::vector<std::byte>> write_dictionary(const CodecModel& model, std::span<const float> values,
                                                std::uint32_t strand_rows) {
  TensorHeader tensor;
  tensor.channels = model.channels;
  tensor.rows = strand_rows;
  tensor.sequences = values.size() / model.channels / strand_rows;
  tensor.shape = {tensor.sequences, tensor.rows, tensor.channels};
  tensor.strand_rows = strand_rows;
  tensor.unit = model.unit;
  std::vector<std::byte> elements(values.size() * sizeof(float));
  for (std::size_t i = 0; i < values.size(); ++i) {
    store_le(&elements[i * sizeof(float)], std::bit_cast<std::uint32_t>(values[i]));
  }
  const auto rows =
      std::make_shared<const LossyRowEncoder>(model, Rates::of_model, decisions_for(model.state_bits, {}));
  const auto encoder = make_lossy_chunk_encoder(model, rows, tensor, std::nullopt);
  ACTZ_TRY(const auto chunk,
           encoder->encode({0, 0, 0, static_cast<std::uint32_t>(tensor.sequences), 0}, elements, nullptr, nullptr));
  ByteWriter out;
  put(out, write_tensor_header(tensor));
  put(out, write_model(model));
  out.bytes(chunk.payload);
  return out.take();
}

}  // namespace actz
