#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace actz {

/// How often each symbol occurred, in each of several channels or classes.
class SymbolCounts {
 public:
  SymbolCounts() = default;
  SymbolCounts(std::size_t rows, std::size_t symbols) : symbols_(symbols), cells_(rows * symbols, 0.0F) {}

  std::size_t rows() const { return symbols_ == 0 ? 0 : cells_.size() / symbols_; }
  std::size_t symbols() const { return symbols_; }
  float* row(std::size_t index) { return &cells_[index * symbols_]; }
  const float* row(std::size_t index) const { return &cells_[index * symbols_]; }
  /// All rows added up.
  std::vector<float> total() const;

 private:
  std::size_t symbols_ = 0;
  std::vector<float> cells_;
};

/// Channels grouped into classes that share a table.
struct Clustering {
  std::vector<std::uint8_t> class_of;  ///< one per channel
  SymbolCounts counts;                 ///< of the classes
  double bits = 0;                     ///< that the counted symbols cost with the tables of their classes
};

/// Pseudo-counts that a class takes from the whole tensor.
inline constexpr float kPriorShare = 8;

/// Lloyd's algorithm with code length as distance. Starts from channels in the order of their mean symbol.
Clustering cluster_channels(const SymbolCounts& channels, unsigned classes);

}  // namespace actz
