#include "fit/histogram_bits.hpp"

#include <algorithm>
#include <cmath>

#include "fit/trial.hpp"

namespace actz {
namespace {

constexpr std::size_t kMostRows = 1024;
constexpr unsigned kStepTrials = 4;  ///< the first is right at high rate

}  // namespace

double histogram_bits(const TrainingRows& rows, const std::vector<Strand>& strands, double nmse) {
  std::vector<const float*> some;
  double energy = 0;
  for (const Strand& strand : strands) {
    for (std::size_t i = 0; i < strand.row_count; ++i) some.push_back(rows.row(strand.first_row + i));
    energy += strand_energy(rows, strand);
  }
  const double values = static_cast<double>(some.size()) * rows.channels;
  if (!(energy > 0)) return 0;
  const std::size_t every = (some.size() + kMostRows - 1) / kMostRows;
  for (std::size_t i = 0; i * every < some.size(); ++i) some[i] = some[i * every];
  some.resize((some.size() + every - 1) / every);

  const double wanted = nmse * energy / values;
  double step = std::sqrt(12 * wanted);
  for (unsigned trial = 0; trial < kStepTrials; ++trial) {
    double error = 0;
    for (const float* row : some) {
      for (std::uint32_t c = 0; c < rows.channels; ++c) {
        const double rest = double{row[c]} - step * std::round(double{row[c]} / step);
        error += rest * rest;
      }
    }
    error /= static_cast<double>(some.size()) * rows.channels;
    step *= std::clamp(std::sqrt(wanted / std::max(error, 1e-300)), 0.5, 2.0);
  }
  double bits = 0;
  std::vector<double> levels(some.size());
  for (std::uint32_t c = 0; c < rows.channels; ++c) {
    for (std::size_t i = 0; i < some.size(); ++i) levels[i] = std::round(double{some[i][c]} / step);
    std::sort(levels.begin(), levels.end());
    for (std::size_t first = 0, end = 0; first < levels.size(); first = end) {
      while (end < levels.size() && levels[end] == levels[first]) ++end;
      const auto count = static_cast<double>(end - first);
      bits += count * std::log2(static_cast<double>(levels.size()) / count);
    }
  }
  return bits / (static_cast<double>(some.size()) * rows.channels);
}

}  // namespace actz
