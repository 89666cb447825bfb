#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "actz/tensor.hpp"
#include "container/fields.hpp"
#include "profile/codec_model.hpp"

namespace actz {

/// How a tensor is seen as sequences × rows × channels: the last axis is channels, the one before it rows, the others
/// sequences; axes of extent 1 do not count. A single axis, and a last axis beyond 65536, is rows of one channel,
/// unless `wanted_channels` (a profile's) says that it is one row.
struct TensorViewPlan {
  std::uint64_t sequences = 0;
  std::uint64_t rows = 0;
  std::uint32_t channels = 1;
};
TensorViewPlan plan_view(const Shape& shape, std::uint32_t wanted_channels);

/// Strands and chunks for a view: how the rows are cut.
struct CutPlan {
  std::uint32_t strand_rows = 1;
  std::uint32_t chunk_strands = 1;  ///< of the first `large_chunks`
  std::uint64_t large_chunks = std::numeric_limits<std::uint64_t>::max();
  std::uint32_t later_strands = 1;  ///< of each chunk after them
  std::uint32_t strands_of(std::uint64_t chunk) const { return chunk < large_chunks ? chunk_strands : later_strands; }
};

/// Values of a chunk: 4 MiB of f32, below which headers and states show in the rate of a lossy tensor.
inline constexpr std::uint64_t kLossyChunkValues = 1u << 20;
/// The same where rows are matched with rows of their chunk: the more there are, the better
/// (docs/decisions/0013-matched-rows.md).
inline constexpr std::uint64_t kMatchedChunkValues = 1u << 21;
/// Rows of such a chunk, if they are short: with a vector of the longest strands more, a chunk is still few enough
/// rows for a source (R-SRCE-06).
inline constexpr std::uint64_t kMatchedChunkRows = 7u << 13;
/// Elements of a lossless chunk, in bytes: its buffers stay near the second-level cache, and are used again by the next
/// chunk rather than taken fresh from the system, page by page (docs/decisions/0101-lossless-chunks.md).
inline constexpr std::uint64_t kLosslessChunkBytes = 1u << 20;

/// More values than these no chunk has, whatever is asked for: in f64 they are what readers take by default
/// (DecodeLimits::max_chunk_bytes).
inline constexpr std::uint64_t kMostChunkValues = 1u << 25;

/// About so many values has a chunk whose rows are coded with a model.
std::uint64_t chunk_values_for(const CodecModel& model);

/// Longest lag for plan_cut: of the predictor, or 1 of a model that matches rows, as it finds them in earlier steps.
std::size_t lag_to_cut_for(const CodecModel& model);

/// @param longest_lag   lag_to_cut_for the model; 0: none. With lags, strands advance in lockstep, so many of them
/// share a chunk, a whole number of vectors, and chunks are even in number (docs/decisions/0009-chunks-and-strands.md).
/// @param chunk_rows    about so many rows a chunk; 0: chosen.
/// @param chunk_values  about so many values a chunk, if its rows are not given.
CutPlan plan_cut(const TensorViewPlan& view, std::size_t longest_lag, std::uint32_t chunk_rows,
                 std::uint64_t chunk_values);

}  // namespace actz
