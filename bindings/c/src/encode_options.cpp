#include "encode_options.hpp"

#include "arrays.hpp"
#include "base/try.hpp"
#include "guard.hpp"
#include "handles.hpp"
#include "sized_struct.hpp"

namespace actz::c_abi {
namespace {

Status read_target(actz_target target, double value, EncodeOptions& out) {
  switch (target) {
    case ACTZ_TARGET_DEFAULT: return {};
    case ACTZ_TARGET_NMSE: out.nmse = value; return {};
    case ACTZ_TARGET_BITS: out.bits_per_value = value; return {};
    case ACTZ_TARGET_PSNR: out.psnr_db = value; return {};
    case ACTZ_TARGET_LAMBDA: out.lambda = value; return {};
    case ACTZ_TARGET_MAX_ERROR: out.max_error = value; return {};
    case ACTZ_TARGET_LOSSLESS: out.lossless = true; return {};
    default: return bad_argument("no such target");
  }
}

}  // namespace

Result<EncodeOptions> read_encode_options(const actz_encode_options* given) {
  ACTZ_TRY(const auto from, read_struct(given));
  EncodeOptions out;
  ACTZ_CHECK(read_target(from.target, from.target_value, out));
  if (from.profile != nullptr) out.profile = &from.profile->profile;
  ACTZ_TRY(const auto lags, borrow_list(from.lags, from.lag_count));
  if (from.lags != nullptr) out.lags.emplace(lags.begin(), lags.end());
  ACTZ_TRY(const auto references, borrow_list(from.references, from.reference_count));
  for (const char* name : references) {
    if (name == nullptr) return bad_argument("the name of a reference is missing");
    out.references.emplace_back(name);
  }
  ACTZ_TRY(const auto metric, borrow_list(from.metric, from.metric_count));
  out.metric.assign(metric.begin(), metric.end());
  if (from.effort != 0) out.effort = from.effort;
  out.chunk_rows = from.chunk_rows;
  out.threads = thread_count(from.threads);
  out.embed_model = from.name_profile == 0;
  out.match_rows = from.no_matches == 0;
  out.use_sources = from.no_sources == 0;
  out.keep_as_reference = from.keep_as_reference != 0;
  out.progress = from.progress;
  out.progress_context = from.progress_context;
  return out;
}

}  // namespace actz::c_abi
