#include "rows/context_lane_kernels.hpp"

namespace actz {
namespace {

template <unsigned StateBits>
void advance_scalar(const ContextAdvance& shared, std::size_t count, const std::int32_t* index, std::int16_t* levels,
                    std::int32_t* activity, std::int32_t* state, std::uint32_t* table_offset) {
  context_lanes::advance<Vectors<4>, StateBits>(shared, count, index, levels, activity, state, table_offset);
  for (std::size_t i = 0; i < count; ++i) table_offset[i] = shared.next_offsets[table_offset[i]];
}

bool indices_scalar(const std::uint8_t* symbols, std::size_t count, std::int32_t* index) {
  return context_lanes::indices(symbols, count, index);
}

template <bool Dependent>
bool emit_scalar(const ContextEmit& shared, std::size_t count, const std::int16_t* levels, const std::int32_t* state,
                 std::int32_t* index, std::uint8_t* symbols) {
  return context_lanes::emit<Vectors<4>, Dependent>(shared, count, levels, state, index, symbols);
}

}  // namespace

const ContextLaneKernels kContextLanesScalar = {indices_scalar,
                                                {advance_scalar<0>, nullptr, advance_scalar<2>, advance_scalar<3>},
                                                {emit_scalar<false>, emit_scalar<true>}};

}  // namespace actz
