#include "fit/lossless_fit.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/bytes.hpp"
#include "fit/bin_fit.hpp"
#include "fit/channel_clusters.hpp"
#include "fit/class_fit.hpp"
#include "model/enc_bin_lookup.hpp"

namespace actz {
namespace {

constexpr std::size_t kBinSample = 1u << 15;  ///< elements sorted to choose the bins
constexpr unsigned kPrecisionBits = 12;
constexpr unsigned kClassCounts[] = {1, 4, 16, 32};  ///< tried; 32 tables of 4096 entries are 512 KiB
constexpr double kSlotBits = 6;                      ///< about what a frequency costs in the file

std::uint64_t element_at(const std::byte* from, std::size_t width) {
  switch (width) {
    case 1: return static_cast<std::uint64_t>(*from);
    case 2: return load_le<std::uint16_t>(from);
    case 4: return load_le<std::uint32_t>(from);
    default: return load_le<std::uint64_t>(from);
  }
}

SymbolCounts channel_counts(const LosslessSample& sample, const BinLookup& lookup) {
  std::vector<std::uint8_t> symbols(sample.rows.size() / element_bytes(sample.dtype));
  lookup.symbols(sample.rows, symbols.data());
  SymbolCounts out(sample.channels, lookup.table().bins.size());
  std::size_t channel = 0;
  for (const std::uint8_t symbol : symbols) {
    out.row(channel)[symbol] += 1.0F;
    if (++channel == sample.channels) channel = 0;
  }
  return out;
}

StaticModel make_tables(const Clustering& clustering) {
  StaticModel out;
  out.tables.precision_bits = kPrecisionBits;
  const std::vector<float> whole = clustering.counts.total();
  const float whole_total = std::accumulate(whole.begin(), whole.end(), 0.0F);
  for (std::size_t k = 0; k < clustering.counts.rows(); ++k) {
    std::vector<double> weight(whole.size());
    for (std::size_t s = 0; s < whole.size(); ++s) {
      weight[s] =
          double{clustering.counts.row(k)[s]} + double{kPriorShare * (whole[s] + 0.05F) / (whole_total + 1.0F)} + 1e-3;
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
  model.bins =
      fit_bins(bin_sample(sample), static_cast<unsigned>(8 * element_bytes(sample.dtype)), sample.low_zero_bits);
  const BinLookup lookup(model.bins);
  const SymbolCounts channels = channel_counts(sample, lookup);
  const double sampled = std::max<double>(static_cast<double>(sample.rows.size() / element_bytes(sample.dtype)), 1.0);
  const double scale = static_cast<double>(sample.total_elements) / sampled;
  Clustering best;
  double best_bits = 1e300;
  for (const unsigned classes : kClassCounts) {
    if (classes > sample.channels) break;
    Clustering tried = cluster_channels(channels, classes);
    const double side_bits = classes * static_cast<double>(channels.symbols()) * kSlotBits +
                             sample.channels * std::log2(static_cast<double>(classes) + 1.0);
    if (tried.bits * scale + side_bits < best_bits) {
      best_bits = tried.bits * scale + side_bits;
      best = std::move(tried);
    }
  }
  model.entropy = make_tables(best);
  return model;
}

}  // namespace actz
