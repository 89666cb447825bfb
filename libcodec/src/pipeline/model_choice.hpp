#pragma once

#include <memory>
#include <optional>

#include "actz/archive.hpp"
#include "pipeline/buffered_elements.hpp"
#include "pipeline/dec_dictionary.hpp"
#include "pipeline/reference_tensor.hpp"
#include "pipeline/source_chunks.hpp"
#include "pipeline/tensor_plan.hpp"
#include "profile/profile_content.hpp"
#include "rows/enc_lossy_rows.hpp"

namespace actz {

/// A model for one tensor, with the unit to use it at.
struct ModelChoice {
  CodecModel model;
  std::vector<std::byte> model_bytes;
  std::shared_ptr<const LoadedDictionary> dictionary;  ///< that the model names; null if none
  bool embed = true;                                   ///< false: name model and dictionary by digest
  const ReferenceTensor* reference = nullptr;          ///< that the model predicts from
  bool refined = false;                                ///< lossless by a lossy model and a refinement
  float unit = 1.0F;
  std::uint32_t centre_scale = kCentreScaleOne;
  std::shared_ptr<const LossyRowEncoder> rows;  ///< lossy only; made once, for it inverts the synthesis
};

/// Bins and tables for a lossless tensor, from a sample of it.
Result<ModelChoice> choose_lossless(BufferedElements& elements, DType dtype, const TensorViewPlan& view);

/// What a profile gives for a lossless tensor, or choose_lossless after all, if a try on some rows says so: where
/// values are unlike those that the profile was learned from, or many are zeros, a refinement may take several times as
/// much.
Result<ModelChoice> lossless_with_profile(BufferedElements& elements, DType dtype, const TensorViewPlan& view,
                                          ModelChoice from_profile);

/// Tensors that may predict another one.
using References = std::span<const ReferenceTensor* const>;

/// The rung of a profile nearest the wanted quality, and the unit that meets it on a sample of the tensor.
/// @param sources  of chunks that those of the tensor may be matched with.
Result<ModelChoice> choose_from_profile(BufferedElements& elements, DType dtype, const TensorViewPlan& view,
                                        const EncodeOptions& options, References references,
                                        std::span<const SharedSource> sources);

/// Learns from the tensor itself: tries codecs from plain to predictive, each with the bytes of its model counted,
/// and takes the cheapest.
Result<ModelChoice> choose_by_fitting(BufferedElements& elements, DType dtype, const TensorViewPlan& view,
                                      const EncodeOptions& options, References references);

}  // namespace actz
