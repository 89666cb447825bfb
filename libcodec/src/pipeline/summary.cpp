#include "pipeline/summary.hpp"

#include "profile/profile_content.hpp"

namespace actz {

TensorSummary summarise(const TensorHeader& tensor, const std::vector<TensorSummary>& before) {
  TensorSummary out;
  out.name = tensor.name;
  out.dtype = tensor.dtype;
  out.shape = tensor.shape;
  out.codec = "raw";
  if (tensor.reference < before.size()) out.reference = before[tensor.reference].name;
  out.rows = tensor.row_count();
  out.channels = tensor.channels;
  out.values = tensor.row_count() * tensor.channels;
  return out;
}

std::string codec_word(const ChunkHeader& first_chunk, const PreparedModel* model) {
  if (first_chunk.coding == ChunkCoding::raw) return "raw";
  if (first_chunk.coding == ChunkCoding::refined) return "lossless";
  // Only a lossy model is ever named instead of embedded.
  return model != nullptr && model->model.kind == CodecKind::lossless ? "lossless" : "lossy";
}

void complete(TensorSummary& summary, const TensorEnd& end, std::uint64_t section_bytes) {
  summary.coded_bytes += section_bytes;
  summary.nmse = end.squared_error == 0 ? 0.0 : end.squared_error / end.centred_energy;
  summary.max_abs_error = end.max_abs_error;
  summary.digest = to_hex(end.digest);
}

}  // namespace actz
