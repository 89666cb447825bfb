#include "entropy/rans_core.hpp"
#include "entropy/rans_kernels.hpp"

namespace actz {

void encode_scalar(EncodeCursor& cursor, const TableSchedule& schedule, const std::uint8_t* symbols,
                   std::size_t symbol_count) {
  const EncodeEntry* const entries = cursor.entries;
  const unsigned precision_bits = cursor.precision_bits;
  const unsigned lanes = cursor.lanes;
  std::uint32_t* const states = cursor.states;
  std::byte* first_word = cursor.first_word;
  std::size_t group_start = symbol_count / lanes * lanes;
  std::size_t group_size = symbol_count - group_start;
  std::size_t position = group_start % schedule.period;
  while (true) {
    const std::uint32_t* const offsets = schedule.table_offset + position;
    for (std::size_t lane = group_size; lane-- > 0;) {
      encode_symbol(states[lane], entries[offsets[lane] + symbols[group_start + lane]], precision_bits, first_word);
    }
    if (group_start == 0) break;
    group_start -= lanes;
    group_size = lanes;
    position = position >= lanes ? position - lanes : position + schedule.period - lanes;
  }
  cursor.first_word = first_word;
}

}  // namespace actz
