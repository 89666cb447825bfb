#include "linear/channel_sums.hpp"

#include <cmath>

#include "base/cpu_kernel.hpp"

namespace actz {
namespace {

// One body for each loop, inlined into a function for each instruction set, where the compiler vectorises it.

template <class Float>
[[gnu::always_inline]] inline void moments(const Float* __restrict x, const double* __restrict centre,
                                           double* __restrict sum, double* __restrict square_sum,
                                           std::size_t channels) {
  for (std::size_t c = 0; c < channels; ++c) {
    const double centred = double{x[c]} - centre[c];
    sum[c] += centred;
    square_sum[c] += centred * centred;
  }
}

template <class Float>
[[gnu::always_inline]] inline void errors(const Float* __restrict x, const Float* __restrict y,
                                          double* __restrict squared, double* __restrict largest,
                                          std::size_t channels) {
  for (std::size_t c = 0; c < channels; ++c) {
    const double error = std::fabs(double{x[c]} - double{y[c]});
    squared[c] += error * error;
    largest[c] = largest[c] < error ? error : largest[c];
  }
}

template <class Float>
[[gnu::always_inline]] inline bool within(const Float* x, const Float* y, double limit, std::size_t channels) {
  unsigned beyond = 0;  // no early exit: the loop vectorises
  for (std::size_t c = 0; c < channels; ++c) {
    beyond |= static_cast<unsigned>(!(std::fabs(double{x[c]} - double{y[c]}) <= limit));
  }
  return beyond == 0;
}

#define ACTZ_CHANNEL_SUMS(suffix, target)                                                             \
  template <class Float>                                                                              \
  target void moments_##suffix(const Float* x, const double* centre, double* sum, double* square_sum, \
                               std::size_t channels) {                                                \
    moments(x, centre, sum, square_sum, channels);                                                    \
  }                                                                                                   \
  template <class Float>                                                                              \
  target void errors_##suffix(const Float* x, const Float* y, double* squared, double* largest,       \
                              std::size_t channels) {                                                 \
    errors(x, y, squared, largest, channels);                                                         \
  }                                                                                                   \
  template <class Float>                                                                              \
  target bool within_##suffix(const Float* x, const Float* y, double limit, std::size_t channels) {   \
    return within(x, y, limit, channels);                                                             \
  }

ACTZ_CHANNEL_SUMS(scalar, )
#if defined(__x86_64__)
ACTZ_CHANNEL_SUMS(avx2, [[gnu::target("avx2")]])
#if defined(__clang__)  // which has no such option
ACTZ_CHANNEL_SUMS(avx512, [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl")]])
#else
ACTZ_CHANNEL_SUMS(avx512, [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512")]])
#endif
#define ACTZ_PICK(function)                                            \
  (active_cpu_kernel() == CpuKernel::avx512 ? function##_avx512<Float> \
   : active_cpu_kernel() == CpuKernel::avx2 ? function##_avx2<Float>   \
                                            : function##_scalar<Float>)
#else
#define ACTZ_PICK(function) function##_scalar<Float>
#endif

template <class Float>
void pick_moments(const Float* x, const double* centre, double* sum, double* square_sum, std::size_t channels) {
  ACTZ_PICK(moments)(x, centre, sum, square_sum, channels);
}
template <class Float>
void pick_errors(const Float* x, const Float* y, double* squared, double* largest, std::size_t channels) {
  ACTZ_PICK(errors)(x, y, squared, largest, channels);
}
template <class Float>
bool pick_within(const Float* x, const Float* y, double limit, std::size_t channels) {
  return ACTZ_PICK(within)(x, y, limit, channels);
}

}  // namespace

void add_moments(const float* x, const double* centre, double* sum, double* square_sum, std::size_t channels) {
  pick_moments(x, centre, sum, square_sum, channels);
}
void add_moments(const double* x, const double* centre, double* sum, double* square_sum, std::size_t channels) {
  pick_moments(x, centre, sum, square_sum, channels);
}
void add_errors(const float* x, const float* y, double* squared, double* largest, std::size_t channels) {
  pick_errors(x, y, squared, largest, channels);
}
void add_errors(const double* x, const double* y, double* squared, double* largest, std::size_t channels) {
  pick_errors(x, y, squared, largest, channels);
}
bool all_within(const float* x, const float* y, double limit, std::size_t channels) {
  return pick_within(x, y, limit, channels);
}
bool all_within(const double* x, const double* y, double limit, std::size_t channels) {
  return pick_within(x, y, limit, channels);
}

}  // namespace actz
