#include "pipeline/tensor_sample.hpp"

#include <algorithm>
#include <cmath>

#include "base/bytes.hpp"
#include "base/try.hpp"
#include "fit/row_centre.hpp"
#include "fit/trial.hpp"
#include "tensor/float_convert.hpp"

namespace actz {
namespace {

/// Strands to take: every one, or as many as fit: one of each of equal parts of the tensor (from the front of a pipe),
/// its place in the part moving by the golden ratio, so that no period of the rows is met.
std::vector<std::uint64_t> choose_strands(std::uint64_t strands, std::uint64_t wanted, bool spread) {
  std::vector<std::uint64_t> out;
  const std::uint64_t count = std::min(strands, std::max<std::uint64_t>(wanted, 1));
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t part = i * strands / count;
    const std::uint64_t part_size = (i + 1) * strands / count - part;
    const double place = std::fmod(0.6180339887 * static_cast<double>(i + 1), 1.0);
    out.push_back(spread ? part + static_cast<std::uint64_t>(place * static_cast<double>(part_size)) : i);
  }
  return out;
}

}  // namespace

Result<TensorSample> sample_tensor(BufferedElements& elements, DType dtype, const TensorViewPlan& view,
                                   std::uint64_t strand_rows, std::uint64_t max_values) {
  TensorHeader cut;
  cut.sequences = view.sequences;
  cut.rows = view.rows;
  cut.channels = view.channels;
  cut.strand_rows = static_cast<std::uint32_t>(strand_rows);
  const bool spread = elements.rewindable();
  const auto chosen = choose_strands(cut.strand_count(), max_values / (strand_rows * view.channels), spread);
  const std::size_t width = element_bytes(dtype);
  TensorSample out;
  out.rows.channels = view.channels;
  out.whole_tensor = chosen.size() == cut.strand_count();
  std::vector<std::byte> bytes;
  for (const std::uint64_t strand : chosen) {
    out.first_row.push_back(cut.first_row_of_strand(strand));
    const std::uint64_t first = out.first_row.back() * view.channels;
    const std::uint64_t count = cut.rows_of_strand(strand) * view.channels;
    std::span<const std::byte> from;
    if (spread) {
      ACTZ_TRY(from, elements.view_or_read(first, static_cast<std::size_t>(count) * width, bytes));
    } else {
      ACTZ_TRY(const auto ahead, elements.look_ahead(first + count));
      from = ahead.subspan(static_cast<std::size_t>(first) * width);
    }
    const std::size_t at = out.rows.values.size();
    out.rows.train.push_back({at / view.channels, static_cast<std::size_t>(count / view.channels)});
    out.rows.values.resize(at + static_cast<std::size_t>(count));
    floats_to_f32(dtype, from, std::span(out.rows.values).subspan(at));
  }
  out.centre = centre_rows(out.rows);
  for (const Strand& strand : out.rows.train) out.energy += strand_energy(out.rows, strand);
  return out;
}

}  // namespace actz
