#include <algorithm>
#include <bit>

#include "base/bytes.hpp"
#include "base/try.hpp"
#include "fit/lossless_fit.hpp"
#include "pipeline/model_choice.hpp"

namespace actz {
namespace {

constexpr std::uint64_t kSampleValues = 1u << 18;
constexpr std::uint64_t kSamplePieces = 64;
constexpr std::uint64_t kScanPieceBytes = 1u << 20;

/// Zero bits at the bottom of every element. One pass over a rewindable source; the sample decides for a pipe, whose
/// exceptions escape.
Result<unsigned> low_zero_bits(BufferedElements& elements, DType dtype, std::uint64_t count,
                               std::span<const std::byte> sample) {
  const std::size_t width = element_bytes(dtype);
  std::uint64_t any = 0;
  const auto collect = [&](std::span<const std::byte> piece) {
    std::size_t i = 0;
    for (; i + 8 <= piece.size(); i += 8) any |= load_le<std::uint64_t>(&piece[i]);
    for (; i < piece.size(); ++i) any |= static_cast<std::uint64_t>(piece[i]) << (8 * (i % width));
  };
  const auto fold = [&] {
    std::uint64_t folded = any;
    for (std::size_t bits = 32; bits >= 8 * width; bits /= 2) folded |= folded >> bits;
    if (width < 8) folded &= (std::uint64_t{1} << (8 * width)) - 1;
    return folded;
  };
  collect(sample);
  const unsigned limit = static_cast<unsigned>(8 * width) - 1;
  if ((fold() & 1) != 0 || !elements.rewindable())
    return std::min<unsigned>(static_cast<unsigned>(std::countr_zero(fold())), limit);
  std::vector<std::byte> piece;
  for (std::uint64_t at = 0; at < count && (fold() & 1) == 0;) {
    const std::uint64_t take = std::min<std::uint64_t>(count - at, kScanPieceBytes / width);
    piece.resize(static_cast<std::size_t>(take) * width);
    ACTZ_CHECK(elements.read(at, piece));
    collect(piece);
    at += take;
  }
  return std::min<unsigned>(static_cast<unsigned>(std::countr_zero(fold())), limit);
}

/// Whole rows, in pieces spread over the tensor, or the first ones of a pipe.
Result<std::vector<std::byte>> sample_rows(BufferedElements& elements, std::size_t width, const TensorViewPlan& view) {
  const std::uint64_t rows = view.sequences * view.rows;
  const std::uint64_t wanted = std::clamp<std::uint64_t>(kSampleValues / view.channels, 1, rows);
  if (!elements.rewindable()) {
    ACTZ_TRY(const auto ahead, elements.look_ahead(wanted * view.channels));
    return std::vector<std::byte>(ahead.begin(), ahead.end());
  }
  const std::uint64_t pieces = wanted == rows ? 1 : std::min(kSamplePieces, wanted);
  std::vector<std::byte> out;
  for (std::uint64_t i = 0; i < pieces; ++i) {
    const std::uint64_t take = wanted / pieces;
    const std::uint64_t first = (rows - take) * i / std::max<std::uint64_t>(pieces - 1, 1);
    const std::size_t at = out.size();
    out.resize(at + static_cast<std::size_t>(take * view.channels) * width);
    ACTZ_CHECK(elements.read(first * view.channels, std::span(out).subspan(at)));
  }
  return out;
}

}  // namespace

Result<ModelChoice> choose_lossless(BufferedElements& elements, DType dtype, const TensorViewPlan& view) {
  const std::uint64_t count = view.sequences * view.rows * view.channels;
  ACTZ_TRY(const auto rows, sample_rows(elements, element_bytes(dtype), view));
  ACTZ_TRY(const auto zero_bits, low_zero_bits(elements, dtype, count, rows));
  ModelChoice out;
  out.model = fit_lossless_model({dtype, view.channels, count, rows, zero_bits});
  out.model_bytes = write_model(out.model);
  return out;
}

}  // namespace actz
