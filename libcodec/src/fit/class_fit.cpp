#include "fit/class_fit.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "fit/density.hpp"
#include "generated/format_limits.hpp"
#include "model/enc_symbol_bits.hpp"

namespace actz {
namespace {

constexpr double kStepsPerDeviation = 12;    ///< finer steps than this are coded raw: they are uniform to 0.001 bit
constexpr std::size_t kMaxCandidates = 512;  ///< coefficients are pooled by scale to this many before merging
/// A value whose share is below this many slots is cheaper as an escape than with a slot of its own.
constexpr double kSmallestShareSlots = 0.35;
constexpr double kPriorCounts = 2.0;  ///< pseudo-counts of the geometric prior in each class

double mean_square(const Histogram& histogram) {
  double sum = 0;
  for (std::size_t i = 0; i < histogram.count.size(); ++i) {
    const double value = histogram.lowest + static_cast<double>(i);
    sum += histogram.count[i] * value * value;
  }
  return sum / std::max(histogram.total(), 1.0);
}

double usual_energy(const Histogram& histogram) {
  double sum = 0;
  for (std::size_t i = 0; i < histogram.count.size(); ++i) {
    sum += histogram.count[i] * std::log(std::abs(histogram.lowest + static_cast<double>(i)) + 0.5);
  }
  const double deviation = usual_deviation(mean_square(histogram), sum / std::max(histogram.total(), 1.0));
  return deviation * deviation;
}

Histogram without_low_bits(const Histogram& histogram, unsigned raw_bits) {
  if (raw_bits == 0) return histogram;
  Histogram out;
  for (std::size_t i = 0; i < histogram.count.size(); ++i) {
    out.add((histogram.lowest + static_cast<std::int32_t>(i)) >> raw_bits, histogram.count[i]);
  }
  return out;
}

struct Table {
  SymbolRange range;
  ClassFrequencies frequencies;
};

/// Chooses the coded range, gives the rest to the escape, and normalises.
Table make_table(const Histogram& counts, unsigned raw_bits, const ClassFitOptions& options) {
  const unsigned precision_bits = options.precision_bits;
  const Histogram smooth = estimate_counts(counts, options.density);
  const double total = smooth.total();
  const double threshold = kSmallestShareSlots / (1 << precision_bits) * total;
  const std::int32_t value_limit = 32768 >> raw_bits;
  std::size_t first = smooth.count.size();
  std::size_t last = 0;
  for (std::size_t i = 0; i < smooth.count.size(); ++i) {
    const std::int32_t value = smooth.lowest + static_cast<std::int32_t>(i);
    if (smooth.count[i] < threshold || value < -value_limit || value >= value_limit) continue;
    first = std::min(first, i);
    last = std::max(last, i);
  }
  // The alphabet holds 255 values and the escape: cut the thinner side.
  while (last >= first && last - first + 1 > kMaxSymbols - 1) {
    if (smooth.count[first] < smooth.count[last]) ++first;
    else --last;
  }
  Table out;
  out.range.raw_bits = static_cast<std::uint8_t>(raw_bits);
  out.range.lowest = smooth.lowest + static_cast<std::int32_t>(first);
  std::vector<double> weight(smooth.count.begin() + static_cast<std::ptrdiff_t>(first),
                             smooth.count.begin() + static_cast<std::ptrdiff_t>(last) + 1);
  for (double& w : weight) w = std::max(w, 1e-3);
  const double inside = std::accumulate(weight.begin(), weight.end(), 0.0);
  weight.push_back(std::max(total - inside, 0.5));
  out.frequencies = normalise_frequencies(weight, precision_bits);
  return out;
}

/// Coefficients in order of scale; beyond kMaxCandidates neighbours share a candidate.
struct Candidates {
  std::vector<std::size_t> candidate_of;  // per coefficient
  std::vector<Histogram> histograms;
  std::vector<std::uint8_t> raw_bits;
};

Candidates pool_by_scale(std::span<const Histogram> histograms) {
  std::vector<double> energy(histograms.size());
  std::transform(histograms.begin(), histograms.end(), energy.begin(), usual_energy);
  std::vector<std::size_t> order(histograms.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return energy[a] < energy[b]; });
  Candidates out;
  out.candidate_of.resize(histograms.size());
  const std::size_t per_candidate = (histograms.size() + kMaxCandidates - 1) / kMaxCandidates;
  std::size_t filled = 0;
  for (const std::size_t k : order) {
    const std::uint8_t raw_bits = raw_bits_for(std::sqrt(energy[k]));
    if (out.histograms.empty() || filled >= per_candidate || out.raw_bits.back() != raw_bits) {
      out.histograms.emplace_back();
      out.raw_bits.push_back(raw_bits);
      filled = 0;
    }
    out.histograms.back().add(without_low_bits(histograms[k], raw_bits));
    out.candidate_of[k] = out.histograms.size() - 1;
    ++filled;
  }
  return out;
}

}  // namespace

Histogram with_prior(const Histogram& histogram) {
  const double deviation = std::sqrt(mean_square(histogram)) + 0.05;
  const auto reach = static_cast<std::int32_t>(std::ceil(8 * deviation)) + 1;
  const double ratio = std::exp(-1.4 / deviation);
  Histogram out = histogram;
  const double norm = kPriorCounts * (1 - ratio) / (1 + ratio);
  for (std::int32_t value = -reach; value <= reach; ++value) out.add(value, norm * std::pow(ratio, std::abs(value)));
  return out;
}

double usual_deviation(double mean_square, double mean_log) {
  constexpr double kGaussian = 1.89;  // deviation over the exponential of the mean logarithm
  constexpr double kRuledByFew = 3;   // that ratio again; 1.5 for a Laplacian
  const double deviation = std::sqrt(mean_square);
  const double usual = kGaussian * std::exp(mean_log);
  return deviation > kRuledByFew * usual ? usual : deviation;
}

std::uint8_t raw_bits_for(double deviation) {
  const double bits = std::floor(std::log2(std::max(deviation / kStepsPerDeviation, 1.0)));
  return static_cast<std::uint8_t>(std::min(bits, static_cast<double>(kMaxRawBits)));
}

StaticModel fit_static_model(std::span<const Histogram> histograms, const ClassFitOptions& options) {
  StaticModel model;
  model.tables.precision_bits = options.precision_bits;
  const Candidates candidates = pool_by_scale(histograms);
  std::vector<std::uint8_t> class_of_candidate(candidates.histograms.size());
  // Classes never span different raw_bits; each run of equal raw_bits is merged by itself.
  for (std::size_t first = 0; first < candidates.histograms.size();) {
    std::size_t end = first;
    while (end < candidates.histograms.size() && candidates.raw_bits[end] == candidates.raw_bits[first]) ++end;
    const std::size_t share =
        std::max<std::size_t>(1, options.max_classes * (end - first) / candidates.histograms.size());
    const auto groups = merge_neighbours(std::span(candidates.histograms).subspan(first, end - first),
                                         static_cast<unsigned>(share), options.class_cost_bits);
    const std::size_t base = model.tables.classes.size();
    std::vector<Histogram> merged(1u + *std::max_element(groups.begin(), groups.end()));
    for (std::size_t i = first; i < end; ++i) {
      merged[groups[i - first]].add(candidates.histograms[i]);
      class_of_candidate[i] = static_cast<std::uint8_t>(base + groups[i - first]);
    }
    for (const Histogram& histogram : merged) {
      Table table = make_table(histogram, candidates.raw_bits[first], options);
      model.ranges.push_back(table.range);
      model.tables.classes.push_back(std::move(table.frequencies));
    }
    first = end;
  }
  for (const std::size_t candidate : candidates.candidate_of) model.class_of.push_back(class_of_candidate[candidate]);
  return model;
}

double code_length_bits(const StaticModel& model, unsigned class_index, const Histogram& histogram) {
  double bits = 0;
  for (std::size_t i = 0; i < histogram.count.size(); ++i) {
    if (histogram.count[i] > 0) {
      bits += histogram.count[i] *
              static_cast<double>(symbol_bits(model, class_index, histogram.lowest + static_cast<std::int32_t>(i)));
    }
  }
  return bits;
}

}  // namespace actz
