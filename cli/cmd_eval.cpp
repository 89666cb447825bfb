#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "decode_options.hpp"
#include "loaded_tensors.hpp"
#include "metric_option.hpp"
#include "verbs.hpp"

namespace actz::cli {
namespace {

struct Comparison {
  double error = 0, energy = 0, largest = 0, xx = 0, yy = 0, xy = 0;
  double lowest = std::numeric_limits<double>::infinity();
  double highest = -std::numeric_limits<double>::infinity();
  std::uint64_t values = 0;
  std::uint64_t not_finite = 0;  ///< equal in both, left out of the sums
  std::uint64_t mismatched = 0;  ///< not finite in one, or different
};

/// Adds two tensors of one shape. The last axis is channels.
void compare(const Tensor& x, const Tensor& y, Comparison& out) {
  const std::size_t d = x.shape.empty() || x.shape.back() == 0 ? 1 : x.shape.back();
  const std::size_t count = x.bytes.size() / element_bytes(x.dtype);
  std::vector<double> sum(d), square(d), rows(d);
  for (std::size_t i = 0; i < count; ++i) {
    const double a = value_at(x, i);
    const double b = value_at(y, i);
    ++out.values;
    if (!std::isfinite(a) || !std::isfinite(b)) {
      (a == b || (std::isnan(a) && std::isnan(b)) ? out.not_finite : out.mismatched) += 1;
      continue;
    }
    out.error += (a - b) * (a - b);
    out.largest = std::max(out.largest, std::fabs(a - b));
    out.xx += a * a;
    out.yy += b * b;
    out.xy += a * b;
    out.lowest = std::min(out.lowest, a);
    out.highest = std::max(out.highest, a);
    sum[i % d] += a;
    rows[i % d] += 1;
  }
  for (std::size_t c = 0; c < d; ++c) sum[c] /= std::max(rows[c], 1.0);
  for (std::size_t i = 0; i < count; ++i) {
    const double a = value_at(x, i);
    if (std::isfinite(a) && std::isfinite(value_at(y, i))) square[i % d] += (a - sum[i % d]) * (a - sum[i % d]);
  }
  for (const double part : square) out.energy += part;
}

Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

double ratio(double error, double energy) { return error == 0 ? 0.0 : error / energy; }

/// @param in_metric  null: no metric was given.
void print_comparison(const Comparison& total, const MetricDistortion* in_metric, bool json) {
  const double nmse = ratio(total.error, total.energy);
  const double mse = total.error / static_cast<double>(std::max<std::uint64_t>(total.values, 1));
  const double psnr = 10 * std::log10(std::pow(total.highest - total.lowest, 2) / mse);
  const double cosine = total.xy / std::sqrt(std::max(total.xx * total.yy, 1e-300));
  const double metric_nmse = in_metric != nullptr ? ratio(in_metric->error, in_metric->energy) : 0;
  if (json) {
    Json out{{"nmse", finite(nmse)},          {"psnr_db", finite(psnr)}, {"max_abs_error", total.largest},
             {"cosine", finite(cosine)},      {"values", total.values},  {"not_finite_equal", total.not_finite},
             {"mismatched", total.mismatched}};
    if (in_metric != nullptr) out["metric_nmse"] = finite(metric_nmse);
    fmt::print("{}\n", out.dump(2));
    return;
  }
  fmt::print("nmse {:.6g}  psnr {:.2f} dB  largest error {:.6g}  cosine {:.6f}  values {}\n", nmse, psnr, total.largest,
             cosine, total.values);
  if (in_metric != nullptr) fmt::print("in the metric: nmse {:.6g}\n", metric_nmse);
  if (total.mismatched > 0)
    fmt::print("{} values are NaN or infinite in one file and not in the other\n", total.mismatched);
}

}  // namespace

int run_eval(const Arguments& arguments) {
  Verb verb(
      "eval REFERENCE TEST [options]",
      "Compares two tensor files of any kind, decoding .actz files. NMSE is the sum of squared errors over the sum of\n"
      "squared distances of the reference from its channel means. Example:\n  actz eval hidden.npy hidden.actz");
  verb.options()("metric", po::value<std::string>(),
                 "also the distortion in a task metric (.npy: channels x channels, or a vector), over its energy");
  add_decode_options(verb);
  if (const auto code = verb.parse(arguments)) return *code;
  if (verb.files().size() != 2) return usage_error("eval wants a reference and a test file");
  DecodeOptions options;
  if (const auto failure = read_decode_options(verb, options)) return report(*failure);
  const auto reference = load_tensors(verb.files()[0], verb, options);
  if (!reference) return report({verb.files()[0], reference.error()});
  const auto test = load_tensors(verb.files()[1], verb, options);
  if (!test) return report({verb.files()[1], test.error()});
  if (reference->size() != test->size()) return usage_error("the files hold different numbers of tensors");
  std::optional<MetricFile> metric;
  if (verb.has("metric")) {
    auto loaded = load_metric(verb.text("metric"));
    if (!loaded) return report({verb.text("metric"), loaded.error()});
    metric = std::move(*loaded);
  }
  Comparison total;
  MetricDistortion in_metric;
  for (std::size_t i = 0; i < reference->size(); ++i) {
    const Tensor& x = (*reference)[i];
    auto same_name = std::find_if(test->begin(), test->end(), [&](const Tensor& t) { return t.name == x.name; });
    const Tensor& y = same_name == test->end() ? (*test)[i] : *same_name;
    if (x.shape != y.shape)
      return usage_error(fmt::format("shapes differ: {} and {}", to_string(x.shape), to_string(y.shape)));
    compare(x, y, total);
    if (!metric) continue;
    if (x.shape.empty() || x.shape.back() != metric->channels) {
      return usage_error(
          fmt::format("the metric is for {} channels, the tensor has shape {}", metric->channels, to_string(x.shape)));
    }
    const MetricDistortion part = metric_distortion(x, y, *metric);
    in_metric.error += part.error;
    in_metric.energy += part.energy;
  }
  print_comparison(total, metric ? &in_metric : nullptr, verb.json());
  return kOk;
}

}  // namespace actz::cli
