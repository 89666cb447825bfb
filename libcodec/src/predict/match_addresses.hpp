#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace actz {

/// The rows of a chunk that later rows may be matched with: addresses number them in the order of their decoding
/// (format_spec/05_chunks.md).
class MatchAddresses {
 public:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  /// @param rows  of the chunk.
  explicit MatchAddresses(std::size_t rows) : position_(rows), address_of_(rows, kNone) { row_of_.reserve(rows); }

  /// Number of addresses: rows decoded so far.
  std::uint32_t size() const { return static_cast<std::uint32_t>(row_of_.size()); }

  /// The rows of a step get the next addresses.
  /// @param row       of the chunk, each.
  /// @param position  of the row in its strand.
  void add(std::span<const std::size_t> row, std::span<const std::size_t> position) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      position_[row[i]] = position[i];
      address_of_[row[i]] = size();
      row_of_.push_back(row[i]);
    }
  }

  /// Row of the chunk at an address.
  std::size_t row_of(std::uint32_t address) const { return row_of_[address]; }
  /// Whether the row has another one so far before it in its strand.
  bool has_before(std::uint32_t address, std::size_t back) const { return position_[row_of_[address]] >= back; }
  /// Address of the next row of its strand, or kNone if that was not decoded yet or does not exist.
  std::uint32_t after(std::uint32_t address) const {
    const std::size_t next = row_of_[address] + 1;
    return next < address_of_.size() && position_[next] > 0 ? address_of_[next] : kNone;
  }

 private:
  std::vector<std::size_t> position_;      ///< of each row in its strand; 0 until it was decoded
  std::vector<std::uint32_t> address_of_;  ///< of each row
  std::vector<std::size_t> row_of_;        ///< of each address
};

}  // namespace actz
