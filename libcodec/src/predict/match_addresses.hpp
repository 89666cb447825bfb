#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace actz {

/// The rows that rows of a chunk may be matched with. Addresses number first the stored rows, then those of the chunk
/// in the order of their decoding (format_spec/05_chunks.md).
class MatchAddresses {
 public:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  /// @param rows    of the chunk.
  /// @param stored  position of each stored row in its strand, borrowed; empty: none.
  explicit MatchAddresses(std::size_t rows, std::span<const std::uint32_t> stored = {})
      : stored_(stored), position_(rows), address_of_(rows, kNone) {
    row_of_.reserve(rows);
  }

  std::uint32_t stored_count() const { return static_cast<std::uint32_t>(stored_.size()); }
  /// Number of addresses: stored rows, and rows decoded so far.
  std::uint32_t size() const { return stored_count() + static_cast<std::uint32_t>(row_of_.size()); }

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

  bool is_stored(std::uint32_t address) const { return address < stored_count(); }
  /// Row of the chunk at an address that is not of a stored row.
  std::size_t row_of(std::uint32_t address) const { return row_of_[address - stored_count()]; }
  /// Whether the row has another one so far before it in its strand.
  bool has_before(std::uint32_t address, std::size_t back) const {
    return (is_stored(address) ? stored_[address] : position_[row_of(address)]) >= back;
  }
  /// Address of the next row of its strand, or kNone if that was not decoded yet or does not exist.
  std::uint32_t after(std::uint32_t address) const {
    if (is_stored(address)) {
      const std::uint32_t next = address + 1;
      return is_stored(next) && stored_[next] > 0 ? next : kNone;
    }
    const std::size_t next = row_of(address) + 1;
    return next < address_of_.size() && position_[next] > 0 ? address_of_[next] : kNone;
  }

 private:
  std::span<const std::uint32_t> stored_;
  std::vector<std::size_t> position_;      ///< of each row in its strand; 0 until it was decoded
  std::vector<std::uint32_t> address_of_;  ///< of each row
  std::vector<std::size_t> row_of_;        ///< of each address of the chunk
};

}  // namespace actz
