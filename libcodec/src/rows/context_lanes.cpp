#include "rows/context_lanes.hpp"

#include <algorithm>
#include <limits>

#include "rows/context_lane_kernels.hpp"

namespace actz {
namespace {

const ContextLaneKernels& kernels() {
#if defined(__x86_64__)
  if (active_cpu_kernel() == CpuKernel::avx512) return kContextLanesAvx512;
  if (active_cpu_kernel() == CpuKernel::avx2) return kContextLanesAvx2;
#endif
  return kContextLanesScalar;
}

/// What the coder's kernels may read past the last symbol (entropy/rans.hpp).
constexpr std::size_t kOffsetPadding = 128;
constexpr std::size_t kSelections = 2 * kMaxBins;

std::size_t padded(std::size_t count) { return (count + kContextRows - 1) / kContextRows * kContextRows; }

}  // namespace

ContextLanes::ContextLanes(const ContextModel& model, unsigned state_bits)
    : model_(model), state_bits_(state_bits), offsets_((model.coefficients() + 1) * kSelections) {
  std::fill(std::begin(thresholds_), std::end(thresholds_), std::numeric_limits<std::int32_t>::max());
  std::copy(model.thresholds.begin(), model.thresholds.end(), thresholds_);
  for (std::size_t k = 0; k < model.coefficients(); ++k) {
    std::int32_t first_escape = ContextModel::kEscapeSymbol;
    for (unsigned i = 0; i < kSelections; ++i) {
      const unsigned table = model.table(k, std::min(i / 2, model.bins - 1), std::min(i % 2, model.quantizers - 1));
      offsets_[k * kSelections + i] = table << model.tables.precision_bits;
      first_escape = std::min<std::int32_t>(first_escape, model.code_count[table]);
    }
    first_escape_.push_back(first_escape);
  }
}

ContextLanes::Rows::Rows(std::size_t largest_step_rows)
    : activity(padded(largest_step_rows)),
      state(padded(largest_step_rows)),
      index(padded(largest_step_rows)),
      table_offset(padded(largest_step_rows) + kOffsetPadding) {}

void ContextLanes::start(Rows& rows, std::size_t count, std::span<const std::int32_t> activity) const {
  std::fill_n(rows.activity.begin(), padded(count), kActivityStart);
  std::fill_n(rows.state.begin(), padded(count), 0);
  std::fill_n(rows.table_offset.begin(), padded(count), offsets_[model_.bin_of(kActivityStart) * 2]);
  for (std::size_t i = 0; i < activity.size(); ++i) {
    rows.activity[i] = activity[i];
    rows.table_offset[i] = offsets_[model_.bin_of(activity[i]) * 2];
  }
}

bool ContextLanes::indices(const std::uint8_t* symbols, std::size_t count, std::int32_t* index) {
  return kernels().indices(symbols, count, index);
}

bool ContextLanes::emit(Rows& rows, std::size_t coefficient, std::size_t count, const std::int16_t* levels,
                        std::uint8_t* symbols) const {
  return kernels().emit[state_bits_ > 0]({model_.raw_bits[coefficient], first_escape_[coefficient]}, count, levels,
                                         rows.state.data(), rows.index.data(), symbols);
}

void ContextLanes::advance(Rows& rows, std::size_t coefficient, std::size_t count, std::int16_t* levels) const {
  const ContextAdvance shared{thresholds_, &offsets_[(coefficient + 1) * kSelections], model_.weight[coefficient],
                              model_.raw_bits[coefficient]};
  kernels().advance[state_bits_](shared, count, rows.index.data(), levels, rows.activity.data(), rows.state.data(),
                                 rows.table_offset.data());
}

}  // namespace actz
