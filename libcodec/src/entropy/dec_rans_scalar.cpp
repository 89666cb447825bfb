#include <algorithm>

#include "entropy/rans_core.hpp"
#include "entropy/rans_kernels.hpp"

namespace actz {

std::size_t decode_scalar(DecodeCursor& cursor, const TableSchedule& schedule, std::size_t first_symbol,
                          std::size_t symbol_count, std::uint8_t* out) {
  const std::uint32_t* const entries = cursor.entries;
  const unsigned precision_bits = cursor.precision_bits;
  std::uint32_t* const states = cursor.states;
  const std::byte* next_word = cursor.next_word;
  std::size_t position = first_symbol % schedule.period;
  std::size_t done = first_symbol;
  while (done < symbol_count && next_word <= cursor.last_start) {
    const std::size_t group = std::min<std::size_t>(cursor.lanes, symbol_count - done);
    const std::uint32_t* const offsets = schedule.table_offset + position;
    for (std::size_t lane = 0; lane < group; ++lane) {
      out[done + lane] = decode_symbol(states[lane], entries + offsets[lane], precision_bits, next_word);
    }
    done += group;
    position += group;
    if (position >= schedule.period) position -= schedule.period;
  }
  cursor.next_word = next_word;
  return done;
}

}  // namespace actz
