#include "fit_options.hpp"

#include "arrays.hpp"
#include "base/try.hpp"
#include "guard.hpp"

namespace actz::c_abi {
namespace {

Result<Density> density_of(actz_density density) {
  switch (density) {
    case ACTZ_DENSITY_AUTO: return Density::automatic;
    case ACTZ_DENSITY_HISTOGRAM: return Density::histogram;
    case ACTZ_DENSITY_GAUSSIAN: return Density::gaussian;
    case ACTZ_DENSITY_LAPLACE: return Density::laplace;
    case ACTZ_DENSITY_LOGISTIC: return Density::logistic;
    case ACTZ_DENSITY_MIXTURE: return Density::mixture;
    case ACTZ_DENSITY_FACTORIZED: return Density::factorized;
    case ACTZ_DENSITY_FOURIER: return Density::fourier;
    default: return bad_argument("no such density");
  }
}

}  // namespace

Result<FitOptions> read_fit_options(const actz_fit_options& from) {
  FitOptions out;
  ACTZ_TRY(out.density, density_of(from.density));
  ACTZ_TRY(const auto targets, borrow_list(from.nmse, from.nmse_count));
  if (from.nmse != nullptr) out.target_nmse.assign(targets.begin(), targets.end());
  ACTZ_TRY(const auto lags, borrow_list(from.lags, from.lag_count));
  if (from.lags != nullptr) out.lags.assign(lags.begin(), lags.end());
  ACTZ_TRY(const auto metric, borrow_list(from.metric, from.metric_count));
  out.metric.assign(metric.begin(), metric.end());
  if (from.sample_bytes != 0) out.sample_bytes = from.sample_bytes;
  out.dictionary_bytes = from.dictionary_bytes;
  out.network_width = from.network_width;
  out.transform = from.no_transform == 0;
  out.match_rows = from.no_matches == 0;
  out.context = out.transform && from.no_context == 0;
  if (!out.context) out.quantizer_states = 1;
  if (from.states != 0) out.quantizer_states = from.states;
  if (out.quantizer_states > 1 && !out.transform) out.context = true;
  out.progress = from.progress;
  out.progress_context = from.progress_context;
  return out;
}

}  // namespace actz::c_abi
