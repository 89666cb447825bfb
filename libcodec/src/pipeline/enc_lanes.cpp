#include "pipeline/enc_lanes.hpp"

#include "base/byte_writer.hpp"

namespace actz {

unsigned choose_lanes(std::size_t symbols, std::size_t symbols_per_lane) {
  const std::size_t lanes = std::bit_floor(symbols / symbols_per_lane + 1);
  return static_cast<unsigned>(lanes < kMaxLanes ? lanes : kMaxLanes);
}

CodedLanes finish_lanes(const RansEncoder& encoder) {
  ByteWriter out;
  for (const std::uint32_t state : encoder.states()) out.u32(state);
  out.bytes(encoder.words());
  return {static_cast<unsigned>(encoder.states().size()), out.take()};
}

CodedLanes entropy_code(const EncodeTables& tables, const TableSchedule& schedule,
                        std::span<const std::uint8_t> symbols, std::span<const std::size_t> step_symbols,
                        unsigned lanes) {
  std::size_t end = 0;
  for (const std::size_t count : step_symbols) end += count;
  RansEncoder encoder(tables, lanes, end);
  for (std::size_t step = step_symbols.size(); step-- > 0;) {
    const std::size_t count = step_symbols[step];
    if (count > 0) encoder.encode_step(schedule, symbols.subspan(end - count, count));
    end -= count;
  }
  return finish_lanes(encoder);
}

}  // namespace actz
