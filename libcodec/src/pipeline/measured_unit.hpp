#pragma once

#include <functional>
#include <memory>

#include "pipeline/lossy_target.hpp"
#include "pipeline/tensor_sample.hpp"
#include "pipeline/unit_search.hpp"

/// The unit that meets a target on a tensor, from rows of it.

namespace actz {

/// A tensor to measure on.
struct MeasuredTensor {
  BufferedElements& elements;
  DType dtype;
  const TensorViewPlan& view;
  const ReferenceTensor* reference;
  std::optional<double> energy_per_value;  ///< Σ(x − mean)², of all of it; of a pipe, nothing
  double centre_gain;                      ///< what the model's centre is multiplied by
  std::size_t known_sources;               ///< chunks of the file that come before it and are sources
};

/// Rows of a tensor as a model sees them: those spread over it, so many values, and before them some from its front.
Result<TensorSample> sample_for(const MeasuredTensor& tensor, const CodecModel& model, std::uint64_t strand_rows,
                                std::uint64_t values, std::uint64_t front_strands = 0);

/// Values of the first chunk.
std::uint64_t values_of_chunk(const CutPlan& cut, const TensorViewPlan& view);

/// Chunks of a tensor, its first ones, that later ones will be matched with.
std::size_t own_sources(const MeasuredTensor& tensor, const CutPlan& cut, const EncodeOptions& options);

/// Where the search for a unit begins.
struct FirstGuess {
  double unit = 1;
  double nmse = 0;  ///< that goes with it, roughly; 0: unknown
};

/// The unit that meets a target, from a sample as large as the spread of the tensor asks for.
Result<FoundUnit> measure_unit(const MeasuredTensor& tensor, const CodecModel& model, const LossyRowEncoder& encoder,
                               const StoredRows* dictionary, const UnitTarget& target, FirstGuess first,
                               const EncodeOptions& options);

/// Finds a unit with an encoder that was made with such decisions.
using UnitSearch = std::function<Result<FoundUnit>(const LossyRowEncoder&, const DecisionOptions&)>;

/// The unit that `search` finds with an encoder. Where rows repeat, looking ahead may miss what is wanted at any unit,
/// or take more bits; then an encoder that does not takes its place.
/// @param encoder  made with `decisions`.
Result<double> unit_and_encoder(const CodecModel& model, DecisionOptions decisions,
                                std::shared_ptr<const LossyRowEncoder>& encoder, const UnitSearch& search);

}  // namespace actz
