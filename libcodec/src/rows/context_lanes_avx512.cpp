#include "rows/context_lane_kernels.hpp"

#if defined(__x86_64__)

#include <immintrin.h>

#define ACTZ_TARGET [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl")]]

namespace actz {
namespace {

/// The 16 offsets of a coefficient are one register.
ACTZ_TARGET void look_up(const std::uint32_t* offsets, std::size_t count, std::uint32_t* select) {
  const __m512i entries = _mm512_loadu_si512(offsets);
  for (std::size_t i = 0; i < count; i += kContextRows) {
    _mm512_storeu_si512(select + i, _mm512_permutexvar_epi32(_mm512_loadu_si512(select + i), entries));
  }
}

template <unsigned StateBits>
ACTZ_TARGET void advance_avx512(const ContextAdvance& shared, std::size_t count, const std::int32_t* index,
                                std::int16_t* levels, std::int32_t* activity, std::int32_t* state,
                                std::uint32_t* table_offset) {
  context_lanes::advance<Vectors<16>, StateBits>(shared, count, index, levels, activity, state, table_offset);
  look_up(shared.next_offsets, count, table_offset);
}

ACTZ_TARGET bool indices_avx512(const std::uint8_t* symbols, std::size_t count, std::int32_t* index) {
  return context_lanes::indices(symbols, count, index);
}

template <bool Dependent>
ACTZ_TARGET bool emit_avx512(const ContextEmit& shared, std::size_t count, const std::int16_t* levels,
                             const std::int32_t* state, std::int32_t* index, std::uint8_t* symbols) {
  return context_lanes::emit<Vectors<16>, Dependent>(shared, count, levels, state, index, symbols);
}

}  // namespace

const ContextLaneKernels kContextLanesAvx512 = {indices_avx512,
                                                {advance_avx512<0>, nullptr, advance_avx512<2>, advance_avx512<3>},
                                                {emit_avx512<false>, emit_avx512<true>}};

}  // namespace actz

#endif
