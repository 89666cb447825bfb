#include "pipeline/measured_unit.hpp"

#include <algorithm>
#include <cmath>

#include "base/try.hpp"
#include "pipeline/enc_effort.hpp"
#include "pipeline/enc_sources.hpp"

namespace actz {
namespace {

/// Values to find the unit on: an eighth of the tensor, within limits
constexpr std::uint64_t kFewestMeasured = 1u << 16;
constexpr std::uint64_t kMostMeasured = 1u << 19;
constexpr std::uint64_t kMostMeasuredAgain = 1u << 22;  ///< where the first sample's spread was too wide
constexpr double kMeasuredError = 0.004;                ///< standard error wanted of what is aimed at
/// Of a strand, or more where lags reach far; many short ones represent more
constexpr std::uint64_t kMeasuredRows = 32;
constexpr std::uint64_t kFastSampleShare = 4;  ///< of the values measured otherwise, one in so many
constexpr double kFastAcceptedStep = 0.05;
constexpr double kMissedByLookAhead = 0.03;  ///< of what is wanted, as a logarithm

/// Whether a search without looking ahead has found better than one with it: nearer to the target, or fewer bits.
bool is_better(const FoundUnit& without, const FoundUnit& with) {
  const bool both_met = std::max(without.missed, with.missed) < kMissedByLookAhead;
  return both_met ? without.bits < with.bits : without.missed < with.missed;
}

}  // namespace

Result<TensorSample> sample_for(const MeasuredTensor& tensor, const CodecModel& model, std::uint64_t strand_rows,
                                std::uint64_t values, std::uint64_t front_strands) {
  ACTZ_TRY(auto sample, sample_tensor(tensor.elements, tensor.dtype, tensor.view, strand_rows, values, front_strands));
  // The model subtracts its own centre, which need not be this tensor's mean.
  TrainingRows& rows = sample.rows;
  std::vector<float> offset;
  for (std::size_t c = 0; c < rows.channels; ++c) {
    offset.push_back(static_cast<float>(sample.centre[c] - tensor.centre_gain * double{model.unit} * model.centre[c]));
  }
  for (std::size_t at = 0; at < rows.values.size(); at += rows.channels) {
    for (std::size_t c = 0; c < rows.channels; ++c) rows.values[at + c] += offset[c];
  }
  for (std::size_t c = 0; c < rows.channels; ++c) rows.mean[c] += double{offset[c]};
  if (tensor.reference != nullptr) ACTZ_CHECK(add_reference_rows(*tensor.reference, sample));
  return sample;
}

std::uint64_t values_of_chunk(const CutPlan& cut, const TensorViewPlan& view) {
  return std::uint64_t{cut.strands_of(0)} * cut.strand_rows * view.channels;
}

std::size_t own_sources(const MeasuredTensor& tensor, const CutPlan& cut, const EncodeOptions& options) {
  if (!options.use_sources || tensor.reference != nullptr) return 0;
  const std::size_t most = most_source_chunks(std::uint64_t{cut.strands_of(0)} * cut.strand_rows, tensor.view.channels);
  return most - std::min(most, tensor.known_sources);
}

Result<FoundUnit> measure_unit(const MeasuredTensor& tensor, const CodecModel& model, const LossyRowEncoder& encoder,
                               const StoredRows* dictionary, const UnitTarget& target, FirstGuess first,
                               const EncodeOptions& options) {
  const TrainingStoredRows known{dictionary, {}, {}};
  const std::uint64_t values = tensor.view.sequences * tensor.view.rows * tensor.view.channels;
  const std::uint64_t strand_rows =
      std::min(tensor.view.rows, std::max<std::uint64_t>(kMeasuredRows, 4 * model.predictor.longest_lag()));
  const bool fast = options.effort <= kFastEffort;
  const bool matched = model.match.classes > 0;  // what a row is matched with depends on all rows of its chunk
  std::uint64_t sampled = matched
                              ? std::min(values, kMatchedChunkValues)
                              : std::clamp(values / 8, kFewestMeasured, kMostMeasured) / (fast ? kFastSampleShare : 1);
  bool with_sources = false;
  for (;;) {
    // The whole tensor is measured as it will be coded; of a part, strands without their first rows, which lack
    // history.
    const bool whole = matched || sampled >= values;
    const CutPlan cut = plan_cut(tensor.view, std::max<std::size_t>(model.predictor.longest_lag(), 1),
                                 matched ? options.chunk_rows : 0, chunk_values_for(model));
    const std::size_t sources = matched ? own_sources(tensor, cut, options) : 0;
    ACTZ_TRY(auto sample, sample_for(tensor, model, whole ? cut.strand_rows : strand_rows, sampled,
                                     with_sources ? sources * cut.strands_of(0) : 0));
    // Of a tensor of many chunks most rows have more to be matched with than a chunk holds, and larger errors for it.
    const bool begins = sources > 0 && !with_sources && !sample.whole_tensor;
    SearchOptions search;
    search.warm_rows = whole ? 0 : strand_rows / 2;
    if (fast) search.accepted_step = kFastAcceptedStep;
    search.threads = options.threads;
    search.stored = dictionary != nullptr ? &known : nullptr;
    search.chunk_values = values_of_chunk(cut, tensor.view);
    search.most_sources = sources;
    search.expected_nmse = first.nmse;
    search.centre_gain = tensor.centre_gain;
    search.roughly = begins && target.decisions.repeat_slope == 1;
    const FoundUnit found = find_unit(model, encoder, sample, tensor.energy_per_value, target, first.unit, search);
    first.unit = found.unit;
    if (begins) {
      with_sources = true;
      continue;
    }
    const double growth = std::pow(found.relative_error / kMeasuredError, 2);
    if (growth <= 1.5 || options.effort < kThoroughEffort || sample.whole_tensor || !tensor.elements.rewindable() ||
        sampled >= kMostMeasuredAgain)
      return found;
    sampled = static_cast<std::uint64_t>(
        std::min(static_cast<double>(sampled) * growth, static_cast<double>(kMostMeasuredAgain)));
  }
}

Result<double> unit_and_encoder(const CodecModel& model, DecisionOptions decisions,
                                std::shared_ptr<const LossyRowEncoder>& encoder, const UnitSearch& search) {
  ACTZ_TRY(const auto found, search(*encoder, decisions));
  const bool may_do_better = found.bits > 0 || found.missed > kMissedByLookAhead;
  if (!decisions.look_ahead || model.match.classes == 0 || !may_do_better) return found.unit;
  decisions.look_ahead = false;
  auto without = make_row_encoder(model, decisions);
  ACTZ_TRY(const auto again, search(*without, decisions));
  if (!is_better(again, found)) return found.unit;
  encoder = std::move(without);
  return again.unit;
}

}  // namespace actz
