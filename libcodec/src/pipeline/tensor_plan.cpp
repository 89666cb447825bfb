#include "pipeline/tensor_plan.hpp"

#include <algorithm>

#include "generated/format_limits.hpp"

namespace actz {
namespace {

/// Strands of a chunk: they share each load of the weights, and are lanes
constexpr std::uint64_t kLockstepStrands = 32;
constexpr std::uint64_t kMostLockstepStrands = kMaxChunkStrands - 16;
constexpr std::uint64_t kWideLockstepStrands = 16;  ///< of wide tensors, whose chunks would grow too large
constexpr std::uint64_t kVectorStrands = 16;        ///< rows that context models and the trellis take at a time
constexpr std::uint64_t kWideChannels = 1024;
constexpr std::uint64_t kShortestStrandRows = 64;  ///< the first rows of a strand are not predicted
constexpr std::uint64_t kShortestStrandLags = 16;  ///< the same in units of the longest lag
constexpr std::uint64_t kLongestStrandRows = 512;
constexpr std::uint64_t kFewChunks = 8;          ///< fewer chunks than these leave a thread idle if they are odd
constexpr std::uint64_t kStepValues = 1u << 15;  ///< of a step without lags: symbols stay in the second-level cache

/// Strands of a chunk when all chunks are about equal: no thread is left with a short rest, and where chunks are few
/// their number is even, so that two threads end together.
std::uint64_t even_share(std::uint64_t strands, std::uint64_t chunk_strands) {
  std::uint64_t chunks = (strands - 1) / chunk_strands + 1;
  if (chunks > 1 && chunks < kFewChunks) chunks += chunks % 2;
  return (strands - 1) / chunks + 1;
}

/// Chunks of about `chunk_strands`, each a whole number of vectors but for the last, none of them more than a vector
/// larger than another, the larger ones first, and even in number if there are several: two threads end together.
CutPlan cut_by_vectors(std::uint64_t strand_rows, std::uint64_t strands, std::uint64_t chunk_strands) {
  const auto rows = static_cast<std::uint32_t>(strand_rows);
  if (strands <= chunk_strands) return {rows, static_cast<std::uint32_t>(strands)};
  const std::uint64_t vectors = (strands - 1) / kVectorStrands + 1;
  const std::uint64_t chunk_vectors = (chunk_strands + kVectorStrands / 2) / kVectorStrands;
  std::uint64_t chunks = (vectors - 1) / chunk_vectors + 1;
  if (chunks > 1) chunks = std::min(chunks + chunks % 2, vectors);
  const auto smaller = static_cast<std::uint32_t>(vectors / chunks * kVectorStrands);
  const std::uint64_t larger_chunks = vectors % chunks;
  if (larger_chunks == 0) return {rows, smaller};
  return {rows, smaller + static_cast<std::uint32_t>(kVectorStrands), larger_chunks, smaller};
}

}  // namespace

TensorViewPlan plan_view(const Shape& shape, std::uint32_t wanted_channels) {
  Shape axes;
  std::uint64_t elements = 1;
  for (const std::uint64_t extent : shape) {
    elements *= extent;
    if (extent != 1) axes.push_back(extent);
  }
  if (elements == 0) return {0, 0, 1};
  const std::uint64_t last = axes.empty() ? 1 : axes.back();
  const bool one_row = wanted_channels > 0 && last == wanted_channels;
  if (last > kMaxChannels || (axes.size() < 2 && !one_row)) return {1, elements, 1};
  const auto channels = static_cast<std::uint32_t>(last);
  const std::uint64_t rows = axes.size() < 2 ? 1 : axes[axes.size() - 2];
  return {elements / channels / rows, rows, channels};
}

std::uint64_t chunk_values_for(const CodecModel& model) {
  if (model.match.classes == 0) return kLossyChunkValues;
  return std::min(kMatchedChunkValues, kMatchedChunkRows * model.channels);
}

std::size_t lag_to_cut_for(const CodecModel& model) {
  return std::max<std::size_t>(model.predictor.longest_lag(), model.match.classes > 0 ? 1 : 0);
}

CutPlan plan_cut(const TensorViewPlan& view, std::size_t longest_lag, std::uint32_t chunk_rows,
                 std::uint64_t chunk_values) {
  if (view.rows == 0) return {};
  const std::uint64_t d = view.channels;
  const std::uint64_t values = chunk_rows > 0 ? chunk_rows * d : chunk_values;
  std::uint64_t strand_rows = 0;
  const auto most_strands = [&] {  // R-CHNK-21: a step may have a row of each
    return std::clamp<std::uint64_t>(std::min(kMostChunkValues / (strand_rows * d), kMaxStepValues / d), 1,
                                     kMaxChunkStrands);
  };
  if (longest_lag > 0) {
    const std::uint64_t lockstep = d > kWideChannels ? kWideLockstepStrands : kLockstepStrands;
    const std::uint64_t shortest =
        std::clamp<std::uint64_t>(kShortestStrandLags * longest_lag, kShortestStrandRows, kLongestStrandRows);
    strand_rows = std::min(view.rows, std::clamp(values / d / lockstep, shortest, kLongestStrandRows));
    // Cut a sequence evenly rather than leave a short rest.
    const std::uint64_t parts = (view.rows - 1) / strand_rows + 1;
    strand_rows = (view.rows - 1) / parts + 1;
    if (chunk_rows == 0) {
      const std::uint64_t strands = std::clamp(values / (strand_rows * d), kVectorStrands, kMostLockstepStrands);
      if (most_strands() < strands + kVectorStrands)  // the widest tensors
        return {static_cast<std::uint32_t>(strand_rows), static_cast<std::uint32_t>(std::min(strands, most_strands()))};
      return cut_by_vectors(strand_rows, view.sequences * parts, strands);
    }
    strand_rows = std::min<std::uint64_t>(strand_rows, chunk_rows);
    const std::uint64_t strands = std::clamp<std::uint64_t>(values / (strand_rows * d), 1, most_strands());
    return {static_cast<std::uint32_t>(strand_rows), static_cast<std::uint32_t>(strands)};
  }
  strand_rows = std::clamp<std::uint64_t>(kStepValues / d, 1, view.rows);
  if (chunk_rows > 0) strand_rows = std::min<std::uint64_t>(strand_rows, chunk_rows);
  std::uint64_t strands = std::clamp<std::uint64_t>(values / (strand_rows * d), 1, most_strands());
  if (chunk_rows == 0) strands = even_share(view.sequences * ((view.rows - 1) / strand_rows + 1), strands);
  return {static_cast<std::uint32_t>(strand_rows), static_cast<std::uint32_t>(strands)};
}

}  // namespace actz
