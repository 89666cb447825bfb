#pragma once

#include "actz/archive.hpp"
#include "container/fields.hpp"
#include "pipeline/prepared_model.hpp"

namespace actz {

/// What a TENSOR section tells.
/// @param before  the tensors before it.
TensorSummary summarise(const TensorHeader& tensor, const std::vector<TensorSummary>& before);

/// "lossy", "lossless" or "raw", from the first chunk of a tensor and its model (null: not at hand).
std::string codec_word(const ChunkHeader& first_chunk, const PreparedModel* model);

/// Adds what a TENSOR_END section tells.
void complete(TensorSummary& summary, const TensorEnd& end, std::uint64_t section_bytes);

}  // namespace actz
