#include "fit/bin_fit.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "model/class_tables.hpp"

namespace actz {
namespace {

constexpr double kFirstBinCostBits = 48;    ///< description of a bin and its slots in the tables
constexpr std::size_t kSmallestSplit = 24;  ///< fewer samples than this say nothing about their spread

/// A node of the binary trie over the bits of the elements: the sorted samples that share its prefix.
class Partition {
 public:
  Partition(std::span<const std::uint64_t> sorted, double bin_cost_bits)
      : sorted_(sorted), bin_cost_bits_(bin_cost_bits) {}

  std::vector<Bin> run(unsigned bits) {
    std::vector<Bin> out;
    if (!sorted_.empty()) best(0, sorted_.size(), bits, out);
    return out;
  }

 private:
  double leaf_cost(std::size_t count, unsigned width_bits) const {
    const auto n = static_cast<double>(count);
    return n * (width_bits + std::log2(static_cast<double>(sorted_.size()) / n)) + bin_cost_bits_;
  }

  /// Bits that the samples [first, end), which agree above `width_bits`, cost; appends their bins to `out`.
  double best(std::size_t first, std::size_t end, unsigned width_bits, std::vector<Bin>& out) {
    // A prefix that all share costs nothing to skip: the other half is left to the escape.
    const std::uint64_t differing = sorted_[first] ^ sorted_[end - 1];
    unsigned tight = 0;
    while (tight < 64 && (differing >> tight) != 0) ++tight;
    width_bits = std::min(width_bits, tight);
    const double whole = leaf_cost(end - first, width_bits);
    const auto keep_whole = [&] {
      const std::uint64_t base = width_bits >= 64 ? 0 : sorted_[first] >> width_bits << width_bits;
      out.push_back({base, static_cast<std::uint8_t>(width_bits)});
      return whole;
    };
    if (width_bits == 0 || end - first < kSmallestSplit) return keep_whole();
    const std::uint64_t middle_value = (sorted_[end - 1] >> (width_bits - 1)) << (width_bits - 1);
    const auto from = sorted_.begin() + static_cast<std::ptrdiff_t>(first);
    const auto to = sorted_.begin() + static_cast<std::ptrdiff_t>(end);
    const auto middle = static_cast<std::size_t>(std::lower_bound(from, to, middle_value) - sorted_.begin());
    const std::size_t mark = out.size();
    double split = best(first, middle, width_bits - 1, out);
    split += best(middle, end, width_bits - 1, out);
    if (split < whole && width_bits < 64) return split;
    if (width_bits >= 64) return split;  // no bin is that wide
    out.resize(mark);
    return keep_whole();
  }

  std::span<const std::uint64_t> sorted_;
  double bin_cost_bits_;
};

/// Ascending order by the counting of digits, least significant first: several times the pace of std::sort on
/// values of few bits.
void sort_values(std::vector<std::uint64_t>& values, unsigned value_bits) {
  constexpr unsigned kDigitBits = 11;
  constexpr std::uint64_t kDigitMask = (1u << kDigitBits) - 1;
  std::vector<std::uint64_t> sorted(values.size());
  for (unsigned shift = 0; shift < value_bits; shift += kDigitBits) {
    std::array<std::uint32_t, (1u << kDigitBits)> place{};
    for (const std::uint64_t value : values) ++place[value >> shift & kDigitMask];
    std::uint32_t next = 0;
    for (std::uint32_t& first : place) next += std::exchange(first, next);
    for (const std::uint64_t value : values) sorted[place[value >> shift & kDigitMask]++] = value;
    values.swap(sorted);
  }
}

}  // namespace

BinTable fit_bins(std::span<const std::uint64_t> sample, unsigned element_bits, unsigned low_zero_bits) {
  std::vector<std::uint64_t> sorted(sample.begin(), sample.end());
  for (std::uint64_t& value : sorted) value >>= low_zero_bits;
  sort_values(sorted, element_bits - low_zero_bits);
  BinTable out;
  out.element_bits = static_cast<std::uint8_t>(element_bits);
  out.low_zero_bits = static_cast<std::uint8_t>(low_zero_bits);
  double bin_cost_bits = kFirstBinCostBits;
  do {
    out.bins = Partition(sorted, bin_cost_bits).run(element_bits - low_zero_bits);
    bin_cost_bits *= 1.5;
  } while (out.bins.size() > kMaxSymbols - 1);
  out.bins.push_back({0, Bin::kEscape});
  return out;
}

}  // namespace actz
