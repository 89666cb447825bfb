#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actz/bounds.hpp"

namespace actz::report {

/// What `actz bounds --report` shows.
struct BoundsPage {
  std::string title;
  std::vector<BoundsReport> by_rows;  ///< the same dump, learned from ever more of its rows; the last from all
  std::optional<double> measured_rate;
  double confidence = 0;
};

/// One HTML document, as page(): a chart for each family of code length and bound over rows learned from, and tables.
std::string bounds_page(const BoundsPage& data);

}  // namespace actz::report
