#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "linear/aligned_vector.hpp"
#include "model/context_model.hpp"
#include "quantize/dependent.hpp"

namespace actz {

/// How decoder and encoder walk the coefficients of the rows of a step side by side: for each row the state of the
/// quantiser, the activity, and from them the table of the next coefficient.
class ContextLanes {
 public:
  /// @param model       validated; borrowed.
  /// @param state_bits  of the quantiser.
  ContextLanes(const ContextModel& model, unsigned state_bits);

  /// Work space for the rows of one step.
  struct Rows {
    explicit Rows(std::size_t largest_step_rows);
    AlignedVector<std::int32_t> activity;
    AlignedVector<std::int32_t> state;
    AlignedVector<std::int32_t> index;          ///< of the coefficient at hand, whole
    AlignedVector<std::uint32_t> table_offset;  ///< of the next symbol, in entries of the decoder's tables
  };

  /// Before the first coefficient of `count` rows.
  /// @param activity  of each row to start with; empty: kActivityStart.
  void start(Rows& rows, std::size_t count, std::span<const std::int32_t> activity) const;

  /// Symbols to indices without raw bits; an escape gives an unspecified one.
  /// @return whether there is an escape among them.
  static bool indices(const std::uint8_t* symbols, std::size_t count, std::int32_t* index);

  /// The encoder's way: the symbols of coefficient k from its levels; fills rows.index.
  /// @param levels   readable up to `count` rounded up to 16, as `symbols` is writable.
  /// @return whether there may be an escape: the caller then sees to each row.
  bool emit(Rows& rows, std::size_t coefficient, std::size_t count, const std::int16_t* levels,
            std::uint8_t* symbols) const;

  /// Table of the symbol at hand of a row.
  unsigned table_of(const Rows& rows, std::size_t row) const {
    return rows.table_offset[row] >> model_.tables.precision_bits;
  }

  /// Takes rows.index of coefficient k in, gives its levels out and makes the offsets of coefficient k + 1.
  /// @param levels  room for `count` rounded up to 16.
  void advance(Rows& rows, std::size_t coefficient, std::size_t count, std::int16_t* levels) const;

 private:
  const ContextModel& model_;
  unsigned state_bits_;
  std::vector<std::int32_t> first_escape_;  ///< per coefficient, the least code count of its tables
  AlignedVector<std::uint32_t> offsets_;  ///< coefficient · 16 + bin · 2 + quantiser; one row more than coefficients
  std::int32_t thresholds_[kMaxBins - 1];
};

}  // namespace actz
