#include "pipeline/tensor_sample.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/bytes.hpp"
#include "base/try.hpp"
#include "fit/row_centre.hpp"
#include "fit/trial.hpp"
#include "tensor/float_convert.hpp"

namespace actz {
namespace {

constexpr std::uint64_t kRunStrands = 16;  ///< that stay together behind the front: like rows are often near

/// Which of `strands` to take: every one, or as many as fit: a run of each of equal parts (of a pipe the first ones),
/// its place in the part moving by the golden ratio, so that no period of the rows is met.
std::vector<std::uint64_t> choose_strands(std::uint64_t strands, std::uint64_t wanted, std::uint64_t run, bool spread) {
  std::vector<std::uint64_t> out;
  const std::uint64_t count = std::min(strands, std::max<std::uint64_t>(wanted, 1));
  const std::uint64_t parts = (count - 1) / run + 1;
  for (std::uint64_t i = 0; i < parts; ++i) {
    const std::uint64_t part = i * strands / parts;
    const std::uint64_t part_size = (i + 1) * strands / parts - part;
    const std::uint64_t taken = (i + 1) * count / parts - i * count / parts;
    const double place = std::fmod(0.6180339887 * static_cast<double>(i + 1), 1.0);
    const auto skipped = static_cast<std::uint64_t>(place * static_cast<double>(part_size - taken + 1));
    const std::uint64_t first = spread ? part + std::min(skipped, part_size - taken) : out.size();
    for (std::uint64_t j = 0; j < taken; ++j) out.push_back(first + j);
  }
  return out;
}

}  // namespace

Result<TensorSample> sample_tensor(BufferedElements& elements, DType dtype, const TensorViewPlan& view,
                                   std::uint64_t strand_rows, std::uint64_t max_values, std::uint64_t front_strands) {
  TensorHeader cut;
  cut.sequences = view.sequences;
  cut.rows = view.rows;
  cut.channels = view.channels;
  cut.strand_rows = static_cast<std::uint32_t>(strand_rows);
  const bool spread = elements.rewindable();
  const std::uint64_t strands = cut.strand_count();
  const std::uint64_t front = std::min(front_strands, strands);
  std::vector<std::uint64_t> chosen(static_cast<std::size_t>(front));
  std::iota(chosen.begin(), chosen.end(), 0);
  if (front < strands) {
    const std::uint64_t wanted = max_values / (strand_rows * view.channels);
    for (const std::uint64_t strand : choose_strands(strands - front, wanted, front > 0 ? kRunStrands : 1, spread))
      chosen.push_back(front + strand);
  }
  const std::size_t width = element_bytes(dtype);
  TensorSample out;
  out.rows.channels = view.channels;
  out.whole_tensor = chosen.size() == strands;
  out.front_strands = static_cast<std::size_t>(front);
  if (chosen.size() > front)
    out.rest_weight = static_cast<double>(strands - front) / static_cast<double>(chosen.size() - front);
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
