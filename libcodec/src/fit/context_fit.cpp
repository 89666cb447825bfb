#include "fit/context_fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "fit/class_fit.hpp"
#include "fit/density.hpp"
#include "model/enc_context_rates.hpp"
#include "rows/row_contexts.hpp"

namespace actz {
namespace {

/// Shares of the symbols below each threshold.
constexpr double kQuantiles[] = {0.08, 0.2, 0.35, 0.5, 0.65, 0.8, 0.92};
constexpr std::size_t kMaxCandidates = 320;  ///< histograms are pooled by scale to about so many before merging
constexpr double kEnergyPriorCounts = 8;     ///< of its coefficient, in the scale of a rare bin
constexpr unsigned kShapeRounds = 3;
constexpr std::size_t kStartCoefficients = 32;  ///< that the activity to start with is taken from
constexpr double kSmallestShareSlots = 0.35;    ///< a code with a smaller share is cheaper as an escape

template <class Visit>
void for_each_row(const LevelRows& rows, std::size_t coefficients, std::span<const Strand> strands, Visit visit) {
  for (const Strand& strand : strands) {
    for (std::size_t row = strand.first_row; row < strand.first_row + strand.row_count; ++row) {
      visit(rows.levels.data() + row * coefficients, row);
    }
  }
}

/// Indices of each coefficient, of all rows.
std::vector<Histogram> count_indices(std::size_t coefficients, unsigned state_bits, const LevelRows& levels,
                                     std::span<const Strand> strands) {
  std::vector<Histogram> out(coefficients);
  for_each_row(levels, coefficients, strands, [&](const std::int16_t* row, std::size_t) {
    unsigned state = 0;
    for (std::size_t k = 0; k < coefficients; ++k) {
      const std::int32_t index = state_bits == 0 ? row[k] : dependent_index(row[k], quantizer_of(state));
      out[k].add(index);
      state = next_state(state, index, state_bits);
    }
  });
  return out;
}

/// Raw bits from the mean square of the indices, then weights from the mean magnitude of what is left of them.
void fit_scales(ContextModel& model, unsigned state_bits, const LevelRows& levels, std::span<const Strand> strands) {
  const std::vector<Histogram> counts = count_indices(model.coefficients(), state_bits, levels, strands);
  for (std::size_t k = 0; k < counts.size(); ++k) {
    const double rows = counts[k].total();
    double square = 0, log_magnitude = 0, magnitude = 0;
    const auto index = [&](std::size_t i) { return counts[k].lowest + static_cast<std::int32_t>(i); };
    for (std::size_t i = 0; i < counts[k].count.size(); ++i) {
      square += counts[k].count[i] * index(i) * index(i);
      log_magnitude += counts[k].count[i] * std::log(std::abs(index(i)) + 0.5);
    }
    model.raw_bits[k] =
        raw_bits_for(usual_deviation(square / std::max(rows, 1.0), log_magnitude / std::max(rows, 1.0)));
    for (std::size_t i = 0; i < counts[k].count.size(); ++i) {
      magnitude += counts[k].count[i] * std::abs(index(i) >> model.raw_bits[k]);
    }
    const double mean = (magnitude + 1) / (rows + 1);
    model.weight[k] = static_cast<std::uint16_t>(std::clamp(std::lrint(256.0 / mean), 1L, 65535L));
  }
}

/// The activity at which the first coefficients of a row of each class stand still, on average.
std::vector<std::uint16_t> fit_starts(const ContextModel& model, unsigned state_bits, const LevelRows& levels,
                                      std::span<const Strand> strands, std::size_t classes) {
  const std::size_t r = model.coefficients();
  const std::size_t first = std::min<std::size_t>(r, kStartCoefficients);
  std::vector<double> term(classes), rows(classes);
  for_each_row(levels, r, strands, [&](const std::int16_t* row, std::size_t number) {
    const std::uint8_t row_class = levels.match_class[number];
    rows[row_class] += static_cast<double>(first);
    visit_contexts(model, state_bits, row, 0, [&](std::size_t k, unsigned, unsigned, std::int32_t index) {
      if (k < first) term[row_class] += next_activity(0, std::abs(index >> model.raw_bits[k]), model.weight[k]);
    });
  });
  std::vector<std::uint16_t> out;
  for (std::size_t i = 0; i < classes; ++i) {
    const double start = rows[i] > 0 ? (1 << kActivityDecayShift) * term[i] / rows[i] : double{kActivityStart};
    out.push_back(static_cast<std::uint16_t>(std::clamp(std::lrint(start), 0L, 65535L)));
  }
  return out;
}

/// Thresholds at quantiles of the activity.
void fit_thresholds(ContextModel& model, unsigned state_bits, const LevelRows& levels, std::span<const Strand> strands,
                    std::span<const std::uint16_t> start_activity, unsigned bins) {
  const std::size_t r = model.coefficients();
  std::vector<std::uint64_t> count(1u << 12);  // activity in sixteenths of its unit of 256
  for_each_row(levels, r, strands, [&](const std::int16_t* row, std::size_t number) {
    std::int32_t activity = levels.start(number, start_activity);
    visit_contexts(model, state_bits, row, activity, [&](std::size_t k, unsigned, unsigned, std::int32_t index) {
      if (k > 0) ++count[std::min<std::size_t>(static_cast<std::size_t>(activity >> 4), count.size() - 1)];
      activity = next_activity(activity, std::abs(index >> model.raw_bits[k]), model.weight[k]);
    });
  });
  const double total = static_cast<double>(std::accumulate(count.begin(), count.end(), std::uint64_t{0}));
  model.bins = bins;
  for (unsigned i = 1; i < bins; ++i) {
    const double wanted = kQuantiles[i * (kMaxBins) / bins - 1] * total;
    double below = 0;
    std::size_t at = 0;
    while (at + 1 < count.size() && below + static_cast<double>(count[at]) < wanted)
      below += static_cast<double>(count[at++]);
    model.thresholds.push_back(static_cast<std::uint16_t>(std::min<std::size_t>((at + 1) << 4, 65535)));
  }
}

double energy_of(const Histogram& histogram) {
  double sum = 0;
  for (std::size_t i = 0; i < histogram.count.size(); ++i) {
    const double value = histogram.lowest + static_cast<double>(i);
    sum += histogram.count[i] * value * value;
  }
  return sum;
}

/// Codes of a histogram, and the escape, as a table.
void add_table(ContextModel& model, const Histogram& histogram, Density density) {
  const Histogram smooth = estimate_counts(histogram, density);
  std::vector<double> weight(ContextModel::kEscapeSymbol);
  double rest = 0;
  for (std::size_t i = 0; i < smooth.count.size(); ++i) {
    const std::uint32_t code = zigzag(smooth.lowest + static_cast<std::int32_t>(i));
    (code < weight.size() ? weight[code] : rest) += smooth.count[i];
  }
  const double threshold = kSmallestShareSlots / (1 << model.tables.precision_bits) * smooth.total();
  while (!weight.empty() && weight.back() < threshold) {
    rest += weight.back();
    weight.pop_back();
  }
  for (double& share : weight) share = std::max(share, 1e-3);
  model.code_count.push_back(static_cast<std::uint8_t>(weight.size()));
  weight.push_back(std::max(rest, 0.5));
  const ClassFrequencies compact = normalise_frequencies(weight, model.tables.precision_bits);
  ClassFrequencies frequencies(kMaxSymbols);
  std::copy(compact.begin(), compact.end() - 1, frequencies.begin());
  frequencies[ContextModel::kEscapeSymbol] = compact.back();
  model.tables.classes.push_back(std::move(frequencies));
}

/// Group whose table codes a histogram shortest; its own one if nothing is counted.
std::size_t cheapest_group(const Histogram& histogram, const std::vector<float>& bits, std::size_t codes,
                           std::size_t own) {
  if (histogram.count.empty()) return own;
  std::size_t best = own;
  double best_bits = std::numeric_limits<double>::infinity();
  for (std::size_t g = 0; g < bits.size() / codes; ++g) {
    double sum = 0;
    for (std::size_t i = 0; i < histogram.count.size(); ++i) {
      const std::size_t code = zigzag(histogram.lowest + static_cast<std::int32_t>(i));
      sum += histogram.count[i] * double{bits[g * codes + std::min(code, codes - 1)]};
    }
    if (sum < best_bits) {
      best_bits = sum;
      best = g;
    }
  }
  return best;
}

/// Groups of histograms in order of scale: neighbours are pooled, then merged while that is cheap.
std::vector<std::size_t> group_by_scale(const std::vector<Histogram>& ordered, const ContextFitOptions& options) {
  const std::size_t per_candidate = (ordered.size() + kMaxCandidates - 1) / kMaxCandidates;
  std::vector<Histogram> candidates((ordered.size() + per_candidate - 1) / per_candidate);
  for (std::size_t i = 0; i < ordered.size(); ++i) candidates[i / per_candidate].add(ordered[i]);
  const auto groups = merge_neighbours(candidates, options.tables_per_quantizer, options.table_cost_bits);
  std::vector<std::size_t> out(ordered.size());
  for (std::size_t i = 0; i < ordered.size(); ++i) out[i] = groups[i / per_candidate];
  return out;
}

/// Lloyd's algorithm with code length as the distance: each histogram moves to the group whose table codes it shortest.
std::vector<std::size_t> group_by_shape(const std::vector<Histogram>& histograms, std::vector<std::size_t> group_of) {
  constexpr std::size_t kCodes = 256;
  for (unsigned round = 0; round < kShapeRounds; ++round) {
    const std::size_t groups = 1 + *std::max_element(group_of.begin(), group_of.end());
    std::vector<Histogram> merged(groups);
    for (std::size_t i = 0; i < histograms.size(); ++i) merged[group_of[i]].add(histograms[i]);
    std::vector<float> bits(groups * kCodes);
    for (std::size_t g = 0; g < groups; ++g) {
      const Histogram smooth = with_prior(merged[g]);
      const double total = smooth.total() + 1;
      for (std::size_t code = 0; code < kCodes; ++code) {
        const std::int32_t at = unzigzag(static_cast<std::uint32_t>(code)) - smooth.lowest;
        const double count = at >= 0 && static_cast<std::size_t>(at) < smooth.count.size()
                                 ? smooth.count[static_cast<std::size_t>(at)]
                                 : 0;
        bits[g * kCodes + code] = static_cast<float>(-std::log2((count + 1e-3) / total));
      }
    }
    for (std::size_t i = 0; i < histograms.size(); ++i)
      group_of[i] = cheapest_group(histograms[i], bits, kCodes, group_of[i]);
  }
  // Groups may have been left by all: number those that remain.
  std::vector<std::size_t> number(1 + *std::max_element(group_of.begin(), group_of.end()), 0);
  for (const std::size_t group : group_of) number[group] = 1;
  std::size_t next = 0;
  for (std::size_t& mark : number) mark = mark > 0 ? next++ : 0;
  for (std::size_t& group : group_of) group = number[group];
  return group_of;
}

/// Gives every (coefficient, bin) of one quantiser a table.
void fit_tables(ContextModel& model, unsigned quantizer, const std::vector<Histogram>& histograms,
                const ContextFitOptions& options) {
  const std::size_t contexts = std::size_t{model.coefficients()} * model.bins;
  const auto histogram_of = [&](std::size_t context) -> const Histogram& {
    return histograms[context * model.quantizers + quantizer];
  };
  std::vector<double> scale(contexts);
  for (std::size_t k = 0; k < model.coefficients(); ++k) {
    double energy = 0.01;
    double total = 1;
    for (std::size_t bin = 0; bin < model.bins; ++bin) {
      energy += energy_of(histogram_of(k * model.bins + bin));
      total += histogram_of(k * model.bins + bin).total();
    }
    for (std::size_t bin = 0; bin < model.bins; ++bin) {
      const Histogram& own = histogram_of(k * model.bins + bin);
      scale[k * model.bins + bin] =
          (energy_of(own) + kEnergyPriorCounts * energy / total) / (own.total() + kEnergyPriorCounts);
    }
  }
  std::vector<std::size_t> order(contexts);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scale[a] < scale[b]; });
  std::vector<Histogram> own(contexts);
  for (std::size_t i = 0; i < contexts; ++i) own[i] = histogram_of(order[i]);
  const std::vector<std::size_t> group_of = group_by_shape(own, group_by_scale(own, options));
  const std::size_t first_table = model.tables.classes.size();
  std::vector<Histogram> merged(1u + *std::max_element(group_of.begin(), group_of.end()));
  for (std::size_t i = 0; i < contexts; ++i) merged[group_of[i]].add(own[i]);
  for (const Histogram& histogram : merged) add_table(model, histogram, options.density);
  for (std::size_t i = 0; i < contexts; ++i) {
    model.table_of[order[i] * model.quantizers + quantizer] = static_cast<std::uint8_t>(first_table + group_of[i]);
  }
}

}  // namespace

ContextFit fit_context_model(const LevelRows& levels, std::size_t coefficients, unsigned state_bits,
                             std::span<const Strand> strands, const ContextFitOptions& options) {
  ContextFit out{untrained_context_model(static_cast<std::uint32_t>(coefficients), state_bits > 0 ? 2 : 1), {}};
  ContextModel& model = out.model;
  if (!levels.match_class.empty()) out.start_activity.assign(options.match_classes + 1, kActivityStart);
  if (coefficients == 0) return out;
  model.tables = {options.precision_bits, {}};
  model.code_count.clear();
  fit_scales(model, state_bits, levels, strands);
  if (!levels.match_class.empty())
    out.start_activity = fit_starts(model, state_bits, levels, strands, options.match_classes + 1);
  fit_thresholds(model, state_bits, levels, strands, out.start_activity, options.bins);
  model.table_of.assign(coefficients * model.bins * model.quantizers, 0);
  std::vector<Histogram> histograms(model.table_of.size());
  for_each_row(levels, coefficients, strands, [&](const std::int16_t* row, std::size_t number) {
    visit_contexts(model, state_bits, row, levels.start(number, out.start_activity),
                   [&](std::size_t k, unsigned bin, unsigned quantizer, std::int32_t index) {
                     histograms[(k * model.bins + bin) * model.quantizers + quantizer].add(index >> model.raw_bits[k]);
                   });
  });
  for (unsigned quantizer = 0; quantizer < model.quantizers; ++quantizer)
    fit_tables(model, quantizer, histograms, options);
  return out;
}

namespace {
constexpr std::size_t kTabulatedCodes = 256;
}

ContextCodeLength::ContextCodeLength(const ContextModel& model, unsigned state_bits)
    : model_(model), state_bits_(state_bits) {
  for (unsigned table = 0; table < model.tables.classes.size(); ++table) {
    for (unsigned code = 0; code < kTabulatedCodes; ++code)
      bits_of_.push_back(context_symbol_bits(model, table, unzigzag(code)));
  }
}

double ContextCodeLength::bits(const LevelRows& levels, std::span<const std::uint16_t> start_activity,
                               std::span<const Strand> strands) const {
  double sum = 0;
  for_each_row(levels, model_.coefficients(), strands, [&](const std::int16_t* row, std::size_t number) {
    const std::int32_t start = levels.start(number, start_activity);
    visit_contexts(model_, state_bits_, row, start,
                   [&](std::size_t k, unsigned bin, unsigned quantizer, std::int32_t index) {
                     const unsigned table = model_.table(k, bin, quantizer);
                     const std::int32_t high = index >> model_.raw_bits[k];
                     const std::size_t code = zigzag(high);
                     sum += double{code < kTabulatedCodes ? bits_of_[table * kTabulatedCodes + code]
                                                          : context_symbol_bits(model_, table, high)} +
                            model_.raw_bits[k];
                   });
  });
  return sum;
}

}  // namespace actz
