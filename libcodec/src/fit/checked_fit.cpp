#include "fit/checked_fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace actz {
namespace {

constexpr std::size_t kHeldOutParts = 8;       ///< one strand of so many, or at least one
constexpr std::size_t kHeldOutShareOfOne = 4;  ///< a quarter of the only strand
constexpr double kManyRowsPerInput = 32;       ///< with more, the full codec has never lost to a simpler one

constexpr std::size_t kManyWideRows = 1024;
constexpr unsigned kTrials = 6;
constexpr double kNmseTolerance = 0.03;

/// Bits per value of held-out rows at the wanted error; infinite if no step attains it.
double held_out_bits(const RungFit& fit, TrainingRows& rows, const RungOptions& options) {
  double unit = double{fit.model.unit};
  Measured got = fit.held_out;
  for (unsigned trial = 0; trial < kTrials; ++trial) {
    const double log_ratio = std::log(std::max(got.nmse, 1e-30) / options.nmse);
    if (std::fabs(log_ratio) < kNmseTolerance) break;
    unit *= std::exp(-0.5 * std::clamp(log_ratio, -2.0, 2.0));
    got = try_model(fit.model, rows, rows.held_out, {unit, options.decisions, std::nullopt, true, 0}).measured;
  }
  const double missed = std::max(got.nmse / options.nmse, 1e-6);
  if (missed > 1.2) return std::numeric_limits<double>::infinity();
  return got.bits_per_value + 0.5 * std::log2(missed);
}

}  // namespace

void hold_out(TrainingRows& rows) {
  if (!rows.held_out.empty() || rows.train.empty()) return;
  const std::size_t count = rows.train.size();
  if (count > 1) {
    const std::size_t apart = std::max<std::size_t>(count / kHeldOutParts, 1);
    rows.held_out.assign(rows.train.end() - static_cast<std::ptrdiff_t>(apart), rows.train.end());
    rows.train.resize(count - apart);
    return;
  }
  Strand& only = rows.train.front();
  const std::size_t apart = (only.row_count + kHeldOutShareOfOne - 1) / kHeldOutShareOfOne;
  if (apart >= only.row_count) return;
  only.row_count -= apart;
  rows.held_out.push_back({only.first_row + only.row_count, apart});
}

RungFit fit_checked_rung(TrainingRows& rows, const std::vector<double>& mean, const RungOptions& options) {
  RungFit best = fit_rung(rows, mean, options);
  if (options.wide && rows.row_count() > kManyWideRows) return best;  // it judges its own size
  const double inputs =
      static_cast<double>(rows.channels) * static_cast<double>(std::max<std::size_t>(options.lags.size(), 1));
  if (rows.held_out.empty() || static_cast<double>(rows.row_count()) > kManyRowsPerInput * inputs) return best;
  RungOptions chosen = options;
  RungOptions plain = options;
  plain.lags.clear();
  plain.transform = false;
  RungFit fit = fit_rung(rows, mean, plain);
  if (!(held_out_bits(best, rows, options) <= held_out_bits(fit, rows, options))) {
    best = std::move(fit);
    chosen = plain;
  }
  // What was held out has judged; few rows are too dear not to learn from.
  const std::vector<Strand> train = rows.train;
  rows.train.insert(rows.train.end(), rows.held_out.begin(), rows.held_out.end());
  RungFit again = fit_rung(rows, mean, chosen);
  rows.train = train;
  again.held_out = best.held_out;
  return again;
}

}  // namespace actz
