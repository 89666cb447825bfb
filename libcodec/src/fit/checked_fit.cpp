#include "fit/checked_fit.hpp"

#include <algorithm>

#include "fit/equal_error.hpp"
#include "fit/low_rate_fit.hpp"

namespace actz {
namespace {

constexpr std::size_t kHeldOutParts = 8;       ///< one strand of so many, or at least one
constexpr std::size_t kHeldOutShareOfOne = 4;  ///< a quarter of the only strand
constexpr double kManyRowsPerInput = 32;  ///< with more, the full codec has lost to a simpler one only on sparse values
constexpr double kSparse = 0.25;          ///< of the values that are their channel's centre
constexpr std::size_t kManyWideRows = 1024;

/// Whether transform and prediction may cost more than they gain, as they leave nothing of zeros.
bool is_sparse(const TrainingRows& rows) {
  const auto zeros = std::count(rows.values.begin(), rows.values.end(), 0.0F);
  return static_cast<double>(zeros) >= kSparse * static_cast<double>(rows.values.size());
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

RungFit fit_checked_rung(TrainingRows& rows, const std::vector<double>& centre, const RungOptions& options) {
  RungFit best = fit_rung(rows, centre, options);
  const double inputs =
      static_cast<double>(rows.channels) * static_cast<double>(std::max<std::size_t>(options.lags.size(), 1));
  const bool many = options.wide ? rows.row_count() > kManyWideRows  // it judges its own size
                                 : static_cast<double>(rows.row_count()) > kManyRowsPerInput * inputs;
  if (rows.held_out.empty()) return best;
  if (many) best = choose_for_low_rate(std::move(best), rows, centre, options);
  if (many && !is_sparse(rows)) return best;
  RungOptions chosen = options;
  RungOptions plain = options;
  plain.lags.clear();
  plain.transform = false;
  plain.wide = false;
  RungFit fit = fit_rung(rows, centre, plain);
  if (!(held_out_bits(best, rows, options) <= held_out_bits(fit, rows, options))) {
    best = std::move(fit);
    chosen = plain;
  }
  if (many) return best;
  // What was held out has judged; few rows are too dear not to learn from.
  const std::vector<Strand> train = rows.train;
  rows.train.insert(rows.train.end(), rows.held_out.begin(), rows.held_out.end());
  RungFit again = fit_rung(rows, centre, chosen);
  rows.train = train;
  again.held_out = best.held_out;
  return again;
}

}  // namespace actz
