#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <queue>

#include "fit/class_fit.hpp"

namespace actz {

void Histogram::add_beyond(std::int32_t value, double weight) {
  if (count.empty()) lowest = value;
  if (value < lowest) {
    count.insert(count.begin(), static_cast<std::size_t>(lowest - value), 0.0);
    lowest = value;
  }
  const auto index = static_cast<std::size_t>(value - lowest);
  if (index >= count.size()) count.resize(index + 1);
  count[index] += weight;
}

void Histogram::add(const Histogram& other) {
  if (other.count.empty()) return;
  add(other.lowest, 0.0);
  add(other.lowest + static_cast<std::int32_t>(other.count.size()) - 1, 0.0);
  for (std::size_t i = 0; i < other.count.size(); ++i) {
    count[static_cast<std::size_t>(other.lowest - lowest) + i] += other.count[i];
  }
}

double Histogram::total() const { return std::accumulate(count.begin(), count.end(), 0.0); }

ClassFrequencies normalise_frequencies(std::span<const double> weight, unsigned precision_bits) {
  const int total = 1 << precision_bits;
  const double sum = std::accumulate(weight.begin(), weight.end(), 0.0);
  ClassFrequencies out(weight.size());
  int used = 0;
  for (std::size_t i = 0; i < weight.size(); ++i) {
    if (weight[i] <= 0) continue;
    out[i] = static_cast<std::uint16_t>(std::clamp<double>(std::floor(weight[i] / sum * total), 1.0, total));
    used += out[i];
  }
  // Gain of one more (or loss of one less) slot in bits: weight · log2((f + 1) / f). Ties go to the lower index.
  using Step = std::pair<double, std::size_t>;
  const auto later = [](const Step& a, const Step& b) {
    return a.first != b.first ? a.first < b.first : a.second > b.second;
  };
  std::priority_queue<Step, std::vector<Step>, decltype(later)> queue(later);
  const int direction = used < total ? 1 : -1;
  const auto push = [&](std::size_t i) {
    if (weight[i] <= 0 || (direction < 0 && out[i] <= 1)) return;
    const double f = out[i];
    queue.emplace(direction > 0 ? weight[i] * std::log2((f + 1) / f) : -weight[i] * std::log2(f / (f - 1)), i);
  };
  for (std::size_t i = 0; i < weight.size(); ++i) push(i);
  for (; used != total; used += direction) {
    const std::size_t i = queue.top().second;
    queue.pop();
    out[i] = static_cast<std::uint16_t>(out[i] + direction);
    push(i);
  }
  return out;
}

namespace {

/// Bits to code a histogram with its own ideal table, plus the cost of its tail.
double entropy_bits(const Histogram& histogram) {
  const double total = histogram.total();
  double bits = 0;
  for (const double count : histogram.count) {
    if (count > 0) bits -= count * std::log2(count / total);
  }
  return bits;
}

struct Group {
  Histogram histogram;
  double bits = 0;
  std::vector<std::size_t> members;
};

}  // namespace

std::vector<std::uint8_t> merge_neighbours(std::span<const Histogram> ordered, unsigned max_groups,
                                           double group_cost_bits) {
  std::vector<Group> groups;
  for (std::size_t i = 0; i < ordered.size(); ++i) groups.push_back({ordered[i], entropy_bits(ordered[i]), {i}});
  const auto joined_cost = [&](std::size_t i) {
    Histogram both = groups[i].histogram;
    both.add(groups[i + 1].histogram);
    return entropy_bits(both) - groups[i].bits - groups[i + 1].bits;
  };
  std::vector<double> cost;
  for (std::size_t i = 0; i + 1 < groups.size(); ++i) cost.push_back(joined_cost(i));
  while (groups.size() > 1) {
    const auto cheapest = std::min_element(cost.begin(), cost.end());
    if (groups.size() <= max_groups && *cheapest > group_cost_bits) break;
    const auto at = static_cast<std::size_t>(cheapest - cost.begin());
    groups[at].histogram.add(groups[at + 1].histogram);
    groups[at].bits = entropy_bits(groups[at].histogram);
    groups[at].members.insert(groups[at].members.end(), groups[at + 1].members.begin(), groups[at + 1].members.end());
    groups.erase(groups.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    cost.erase(cheapest);
    if (at > 0) cost[at - 1] = joined_cost(at - 1);
    if (at < cost.size()) cost[at] = joined_cost(at);
  }
  std::vector<std::uint8_t> out(ordered.size());
  for (std::size_t g = 0; g < groups.size(); ++g) {
    for (const std::size_t member : groups[g].members) out[member] = static_cast<std::uint8_t>(g);
  }
  return out;
}

}  // namespace actz
