#include "fit/row_parts.hpp"

#include <algorithm>
#include <cmath>

#include "fit/trial.hpp"

namespace actz {
namespace {

constexpr double kMassiveRowEnergy = 256;  ///< median energies
constexpr std::size_t kParts = 6;
constexpr std::size_t kFewestPartRows = 2048;

}  // namespace

std::vector<float> tempering_scales(const TrainingRows& rows) {
  std::vector<double> energy;
  for (std::size_t row = 0; row < rows.row_count(); ++row) energy.push_back(strand_energy(rows, {row, 1}));
  std::vector<double> sorted = energy;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  if (middle != sorted.end()) std::nth_element(sorted.begin(), middle, sorted.end());
  std::vector<float> out;
  for (const double value : energy) {
    const double largest = kMassiveRowEnergy * *middle;
    out.push_back(value > largest && largest > 0 ? static_cast<float>(std::sqrt(largest / value)) : 1.0F);
  }
  return out;
}

std::vector<double> channel_peaks(const TrainingRows& rows) {
  std::vector<float> peak(rows.channels);
  for (std::size_t at = 0; at < rows.values.size(); at += rows.channels) {
    for (std::size_t c = 0; c < rows.channels; ++c) peak[c] = std::max(peak[c], std::fabs(rows.values[at + c]));
  }
  std::vector<double> out(peak.begin(), peak.end());
  for (double& value : out) value *= rows.unit;
  return out;
}

std::vector<Strand> part_of(const std::vector<Strand>& strands, std::size_t turn) {
  std::size_t rows = 0;
  for (const Strand& strand : strands) rows += strand.row_count;
  const std::size_t every =
      std::clamp<std::size_t>(std::min(kParts, rows / kFewestPartRows), 1, std::max<std::size_t>(strands.size(), 1));
  std::vector<Strand> out;
  for (std::size_t i = turn % every; i < strands.size(); i += every) out.push_back(strands[i]);
  return out;
}

void copy_rows(const std::vector<std::int16_t>& from, const Strand& strand, std::size_t width,
               std::vector<std::int16_t>& to) {
  const auto first = static_cast<std::ptrdiff_t>(strand.first_row * width);
  std::copy_n(from.begin() + first, strand.row_count * width, to.begin() + first);
}

}  // namespace actz
