#include "encode_options.hpp"

#include "file_adapters.hpp"
#include "metric_option.hpp"

namespace actz::cli {
namespace {

Failure wrong(std::string message) { return {"", {ErrorCode::bad_argument, Error::kNoOffset, std::move(message)}}; }

std::optional<double> number(const Verb& verb, const char* name) {
  return verb.has(name) ? std::optional(verb.get<double>(name)) : std::nullopt;
}

}  // namespace

void add_encode_options(Verb& verb) {
  verb.options()(
      "profile,p", po::value<Arguments>()->composing(),
      "profile learned by actz fit, or TENSOR=PROFILE (may be repeated); without one the tensor itself is learned from")(
      "nmse", po::value<double>(), "error to aim at: sum of squared errors over centred energy; default 0.02")(
      "bits", po::value<double>(), "bits per value to aim at instead")(
      "psnr", po::value<double>(), "PSNR in dB to aim at instead; the peak is the range of the values")(
      "lambda", po::value<double>(),
      "slope to code at instead: squared error per value worth one bit; equal for tensors that share bits")(
      "max-error", po::value<double>(), "largest error of any element, kept exactly")(
      "lossless", "every bit comes back; fast, or with --profile smaller")(
      "lags", po::value<std::string>(), "without a profile: rows to predict from; default 1,2; none")(
      "metric", po::value<std::string>(), "without a profile: sensitivity of the task (.npy), as in actz fit")(
      "no-matches", "without a profile: predict no rows from like ones of their chunk")(
      "no-sources", "each chunk decodes alone: match no rows with those of other chunks")(
      "name-profile", "name the profile by digest instead of embedding its model; decoding then needs it")(
      "effort", po::value<unsigned>(),
      "1 (fast) to 9 (small), also -1 to -9; default 5; 1 and 2 meet targets less exactly; decoding is as fast with any")(
      "chunk-rows", po::value<unsigned>(), "about so many rows in each independently decoded chunk");
}

std::optional<Failure> read_encode_options(const Verb& verb, EncodeOptions& options) {
  options.lossless = verb.has("lossless");
  options.nmse = number(verb, "nmse");
  options.bits_per_value = number(verb, "bits");
  options.psnr_db = number(verb, "psnr");
  options.lambda = number(verb, "lambda");
  options.max_error = number(verb, "max-error");
  options.match_rows = !verb.has("no-matches");
  options.use_sources = !verb.has("no-sources");
  options.embed_model = !verb.has("name-profile");
  options.threads = verb.threads();
  if (verb.has("effort")) options.effort = verb.get<unsigned>("effort");
  if (verb.has("chunk-rows")) options.chunk_rows = verb.get<unsigned>("chunk-rows");
  if (verb.has("lags")) {
    options.lags = parse_lags(verb.text("lags"));
    if (!options.lags) return wrong("--lags wants 1,2 or none");
  }
  if (verb.has("metric")) {
    auto metric = load_metric(verb.text("metric"));
    if (!metric) return Failure{verb.text("metric"), metric.error()};
    options.metric = std::move(metric->values);
  }
  return std::nullopt;
}

}  // namespace actz::cli
