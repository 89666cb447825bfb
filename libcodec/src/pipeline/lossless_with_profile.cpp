#include <algorithm>

#include "base/try.hpp"
#include "pipeline/enc_chunk.hpp"
#include "pipeline/model_choice.hpp"

namespace actz {
namespace {

constexpr std::uint64_t kTriedValues = 1u << 17;
/// Of what the profile takes: alone, a few rows have less to be matched with than among all.
constexpr double kClearlyFewer = 0.95;

/// Rows to try on: from the middle of a tensor, or the first ones of a pipe.
struct TriedRows {
  std::uint64_t count = 0;
  std::vector<std::byte> elements;
};

Result<TriedRows> rows_to_try(BufferedElements& elements, DType dtype, const TensorViewPlan& view) {
  const std::uint64_t rows = view.sequences * view.rows;
  TriedRows out{std::clamp<std::uint64_t>(kTriedValues / view.channels, 1, rows), {}};
  if (!elements.rewindable()) {
    ACTZ_TRY(const auto ahead, elements.look_ahead(out.count * view.channels));
    out.elements.assign(ahead.begin(), ahead.end());
    return out;
  }
  out.elements.resize(static_cast<std::size_t>(out.count * view.channels) * element_bytes(dtype));
  ACTZ_CHECK(elements.read((rows - out.count) / 2 * view.channels, out.elements));
  return out;
}

/// Bytes of a tensor, as a chunk of some of its rows lets expect.
Result<double> expected_bytes(const ModelChoice& choice, DType dtype, const TensorViewPlan& view,
                              const TriedRows& tried) {
  const CutPlan cut = plan_cut({1, tried.count, view.channels}, lag_to_cut_for(choice.model), 0, kTriedValues);
  TensorHeader tensor{"",
                      dtype,
                      {tried.count, view.channels},
                      1,
                      tried.count,
                      view.channels,
                      cut.strand_rows,
                      choice.unit,
                      choice.centre_scale};
  const auto encoder = choice.refined
                           ? make_lossy_chunk_encoder(choice.model, choice.rows, tensor, std::nullopt, Exactness::exact)
                           : make_lossless_chunk_encoder(choice.model, tensor);
  const auto strands = static_cast<std::uint32_t>(std::min<std::uint64_t>(cut.strands_of(0), tensor.strand_count()));
  const std::uint64_t rows = tensor.first_row_of_strand(strands);
  const auto elements =
      std::span(tried.elements).first(static_cast<std::size_t>(rows * view.channels) * element_bytes(dtype));
  ACTZ_TRY(const auto chunk, encoder->encode({0, 0, 0, strands, 0, false}, elements, nullptr, nullptr));
  const double share = static_cast<double>(rows) / static_cast<double>(view.sequences * view.rows);
  return static_cast<double>(chunk.payload.size()) / share +
         (choice.embed ? static_cast<double>(choice.model_bytes.size()) : 0.0);
}

}  // namespace

Result<ModelChoice> lossless_with_profile(BufferedElements& elements, DType dtype, const TensorViewPlan& view,
                                          ModelChoice from_profile) {
  if (from_profile.reference != nullptr) return from_profile;
  ACTZ_TRY(auto bins, choose_lossless(elements, dtype, view));
  ACTZ_TRY(const auto tried, rows_to_try(elements, dtype, view));
  ACTZ_TRY(const double with_profile, expected_bytes(from_profile, dtype, view, tried));
  ACTZ_TRY(const double with_bins, expected_bytes(bins, dtype, view, tried));
  return with_bins < kClearlyFewer * with_profile ? std::move(bins) : std::move(from_profile);
}

}  // namespace actz
