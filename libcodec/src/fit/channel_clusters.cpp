#include "fit/channel_clusters.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace actz {
namespace {

constexpr unsigned kRounds = 4;  ///< of assignment and re-estimation

/// Code lengths of every class, symbol by symbol, classes innermost: the channels' costs in all classes are then
/// summed side by side, which compilers vectorise.
class CostTable {
 public:
  CostTable(const SymbolCounts& counts, std::span<const float> whole)
      : classes_(counts.rows()), bits_(counts.rows() * whole.size()) {
    const float whole_total = std::accumulate(whole.begin(), whole.end(), 0.0F);
    for (std::size_t k = 0; k < classes_; ++k) {
      const float* count = counts.row(k);
      const float total = std::accumulate(count, count + whole.size(), 0.0F) + kPriorShare;
      for (std::size_t s = 0; s < whole.size(); ++s) {
        const float weight = count[s] + kPriorShare * (whole[s] + 0.05F) / (whole_total + 1.0F);
        bits_[s * classes_ + k] = -std::log2(weight / total);
      }
    }
  }

  /// Bits of a channel's symbols in each class.
  void price(const float* counts, std::size_t symbols, std::vector<float>& bits) const {
    bits.assign(classes_, 0.0F);
    float* const sums = bits.data();
    for (std::size_t s = 0; s < symbols; ++s) {
      const float count = counts[s];
      if (count == 0.0F) continue;
      const float* const cost = &bits_[s * classes_];
      for (std::size_t k = 0; k < classes_; ++k) sums[k] += count * cost[k];
    }
  }

 private:
  std::size_t classes_;
  std::vector<float> bits_;
};

std::vector<std::size_t> order_by_mean_symbol(const SymbolCounts& channels) {
  std::vector<float> mean;
  for (std::size_t c = 0; c < channels.rows(); ++c) {
    float sum = 0;
    float total = 1e-6F;
    for (std::size_t s = 0; s < channels.symbols(); ++s) {
      sum += static_cast<float>(s) * channels.row(c)[s];
      total += channels.row(c)[s];
    }
    mean.push_back(sum / total);
  }
  std::vector<std::size_t> order(channels.rows());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return mean[a] < mean[b]; });
  return order;
}

SymbolCounts class_counts(const SymbolCounts& channels, std::span<const std::uint8_t> class_of, unsigned classes) {
  SymbolCounts out(classes, channels.symbols());
  for (std::size_t c = 0; c < channels.rows(); ++c) {
    const float* const from = channels.row(c);
    float* const to = out.row(class_of[c]);
    for (std::size_t s = 0; s < channels.symbols(); ++s) to[s] += from[s];
  }
  return out;
}

}  // namespace

std::vector<float> SymbolCounts::total() const {
  std::vector<float> out(symbols_, 0.0F);
  for (std::size_t r = 0; r < rows(); ++r) {
    for (std::size_t s = 0; s < symbols_; ++s) out[s] += row(r)[s];
  }
  return out;
}

Clustering cluster_channels(const SymbolCounts& channels, unsigned classes) {
  const std::vector<float> whole = channels.total();
  const std::vector<std::size_t> order = order_by_mean_symbol(channels);
  Clustering out;
  out.class_of.resize(channels.rows());
  for (std::size_t i = 0; i < order.size(); ++i) {
    out.class_of[order[i]] = static_cast<std::uint8_t>(i * classes / order.size());
  }
  std::vector<float> bits;
  for (unsigned round = 0; round <= kRounds; ++round) {
    out.counts = class_counts(channels, out.class_of, classes);
    const CostTable costs(out.counts, whole);
    out.bits = 0;
    bool moved = false;
    for (std::size_t c = 0; c < channels.rows(); ++c) {
      costs.price(channels.row(c), channels.symbols(), bits);
      const auto cheapest = std::min_element(bits.begin(), bits.end());
      out.bits += double{*cheapest};
      const auto best = static_cast<std::uint8_t>(cheapest - bits.begin());
      moved = moved || best != out.class_of[c];
      if (round < kRounds) out.class_of[c] = best;
    }
    if (!moved) break;
  }
  return out;
}

}  // namespace actz
