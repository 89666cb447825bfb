#include "fit/lossless_fit.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/bytes.hpp"
#include "fit/bin_fit.hpp"
#include "fit/class_fit.hpp"
#include "model/enc_bin_lookup.hpp"

namespace actz {
namespace {

constexpr std::size_t kBinSample = 1u << 15;   ///< elements sorted to choose the bins
constexpr unsigned kPrecisionBits = 12;
constexpr unsigned kClassCounts[] = {1, 4, 16, 32};  ///< tried; 32 tables of 4096 entries are 512 KiB
constexpr unsigned kRounds = 4;                ///< of assignment and re-estimation
constexpr double kSlotBits = 6;                ///< about what a frequency costs in the file
constexpr double kPriorShare = 8;              ///< pseudo-counts that a class takes from the whole tensor

std::uint64_t element_at(const std::byte* from, std::size_t width) {
  switch (width) {
    case 1: return static_cast<std::uint64_t>(*from);
    case 2: return load_le<std::uint16_t>(from);
    case 4: return load_le<std::uint32_t>(from);
    default: return load_le<std::uint64_t>(from);
  }
}

using Counts = std::vector<float>;  // symbols of one channel, or of one class

std::vector<Counts> channel_counts(const LosslessSample& sample, const BinLookup& lookup) {
  const std::size_t width = element_bytes(sample.dtype);
  std::vector<Counts> out(sample.channels, Counts(lookup.table().bins.size(), 0.0F));
  const std::size_t count = sample.rows.size() / width;
  std::size_t channel = 0;
  for (std::size_t i = 0; i < count; ++i) {
    out[channel][lookup.symbol(element_at(&sample.rows[i * width], width))] += 1.0F;
    if (++channel == sample.channels) channel = 0;
  }
  return out;
}

/// Bits per symbol of each class, smoothed towards the whole tensor.
std::vector<float> class_costs(const Counts& counts, const Counts& whole, float whole_total) {
  const float total = std::accumulate(counts.begin(), counts.end(), 0.0F) + static_cast<float>(kPriorShare);
  std::vector<float> bits(counts.size());
  for (std::size_t s = 0; s < counts.size(); ++s) {
    const float weight = counts[s] + static_cast<float>(kPriorShare) * (whole[s] + 0.05F) / (whole_total + 1.0F);
    bits[s] = -std::log2(weight / total);
  }
  return bits;
}

struct Clustering {
  std::vector<std::uint8_t> class_of;
  std::vector<Counts> counts;
  double bits = 0;  ///< of the sample
};

/// Lloyd's algorithm with code length as distance. Starts from channels in order of their mean symbol.
Clustering cluster(const std::vector<Counts>& channels, const std::vector<std::size_t>& order, unsigned classes,
                   const Counts& whole) {
  const std::size_t symbols = whole.size();
  const float whole_total = std::accumulate(whole.begin(), whole.end(), 0.0F);
  Clustering out;
  out.class_of.resize(channels.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    out.class_of[order[i]] = static_cast<std::uint8_t>(i * classes / order.size());
  }
  for (unsigned round = 0; round <= kRounds; ++round) {
    out.counts.assign(classes, Counts(symbols, 0.0F));
    for (std::size_t c = 0; c < channels.size(); ++c) {
      for (std::size_t s = 0; s < symbols; ++s) out.counts[out.class_of[c]][s] += channels[c][s];
    }
    std::vector<std::vector<float>> costs;
    for (const Counts& counts : out.counts) costs.push_back(class_costs(counts, whole, whole_total));
    out.bits = 0;
    for (std::size_t c = 0; c < channels.size(); ++c) {
      double best_bits = 1e300;
      for (unsigned k = 0; k < classes; ++k) {
        float bits = 0;
        for (std::size_t s = 0; s < symbols; ++s) bits += channels[c][s] * costs[k][s];
        if (double{bits} < best_bits) {
          best_bits = double{bits};
          if (round < kRounds) out.class_of[c] = static_cast<std::uint8_t>(k);
        }
      }
      out.bits += best_bits;
    }
  }
  return out;
}

std::vector<std::size_t> order_by_mean_symbol(const std::vector<Counts>& channels) {
  std::vector<float> mean;
  for (const Counts& counts : channels) {
    float sum = 0;
    float total = 1e-6F;
    for (std::size_t s = 0; s < counts.size(); ++s) {
      sum += static_cast<float>(s) * counts[s];
      total += counts[s];
    }
    mean.push_back(sum / total);
  }
  std::vector<std::size_t> order(channels.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return mean[a] < mean[b]; });
  return order;
}

StaticModel make_tables(const Clustering& clustering, const Counts& whole) {
  StaticModel out;
  out.tables.precision_bits = kPrecisionBits;
  const float whole_total = std::accumulate(whole.begin(), whole.end(), 0.0F);
  for (const Counts& counts : clustering.counts) {
    std::vector<double> weight(counts.size());
    for (std::size_t s = 0; s < counts.size(); ++s) {
      weight[s] = counts[s] + kPriorShare * (whole[s] + 0.05F) / (whole_total + 1.0F) + 1e-3;
    }
    out.tables.classes.push_back(normalise_frequencies(weight, kPrecisionBits));
  }
  out.class_of = clustering.class_of;
  return out;
}

std::vector<std::uint64_t> bin_sample(const LosslessSample& sample) {
  const std::size_t width = element_bytes(sample.dtype);
  const std::size_t count = sample.rows.size() / width;
  // An odd stride visits all channels.
  const std::size_t stride = std::max<std::size_t>(1, count / kBinSample) | 1;
  std::vector<std::uint64_t> out;
  for (std::size_t i = 0; i < count; i += stride) out.push_back(element_at(&sample.rows[i * width], width));
  return out;
}

}  // namespace

CodecModel fit_lossless_model(const LosslessSample& sample) {
  CodecModel model;
  model.kind = CodecKind::lossless;
  model.channels = sample.channels;
  model.bins = fit_bins(bin_sample(sample), static_cast<unsigned>(8 * element_bytes(sample.dtype)), sample.low_zero_bits);
  const BinLookup lookup(model.bins);
  const std::vector<Counts> channels = channel_counts(sample, lookup);
  Counts whole(model.bins.bins.size(), 0.0F);
  for (const Counts& counts : channels) {
    for (std::size_t s = 0; s < whole.size(); ++s) whole[s] += counts[s];
  }
  const std::vector<std::size_t> order = order_by_mean_symbol(channels);
  const double sampled = std::max<double>(static_cast<double>(sample.rows.size() / element_bytes(sample.dtype)), 1.0);
  const double scale = static_cast<double>(sample.total_elements) / sampled;
  Clustering best;
  double best_bits = 1e300;
  for (const unsigned classes : kClassCounts) {
    if (classes > sample.channels) break;
    Clustering tried = cluster(channels, order, classes, whole);
    const double side_bits = classes * static_cast<double>(whole.size()) * kSlotBits +
                             sample.channels * std::log2(static_cast<double>(classes) + 1.0);
    if (tried.bits * scale + side_bits < best_bits) {
      best_bits = tried.bits * scale + side_bits;
      best = std::move(tried);
    }
  }
  model.entropy = make_tables(best, whole);
  return model;
}

}  // namespace actz
