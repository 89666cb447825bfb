#include "report/bounds_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/page.hpp"
#include "report/svg.hpp"

namespace actz::report {
namespace {

constexpr double kLeft = 84, kRight = 450, kTop = 14, kFoot = 260;
constexpr double kWidth = 480, kHeight = 312;
constexpr double kMostOverLength = 2;  ///< bits per value above the code length: what a bound says beyond says nothing

/// A quantity of a family, for each number of rows that it is known for.
struct Line {
  const char* label;
  const char* style;  ///< CSS class
  std::vector<std::pair<double, double>> points;
};

const FamilyBound* find(const BoundsReport& report, const std::string& family) {
  const auto found = std::find_if(report.families.begin(), report.families.end(),
                                  [&](const FamilyBound& one) { return one.family == family; });
  return found == report.families.end() ? nullptr : &*found;
}

std::vector<Line> lines_of(const BoundsPage& data, const std::string& family) {
  Line train{"on the rows learned from", "self", {}};
  Line test{"on rows not seen", "actz", {}};
  Line bound{"no more than, on new rows", "bound", {}};
  for (const BoundsReport& report : data.by_rows) {
    const FamilyBound* one = find(report, family);
    if (one == nullptr) continue;
    const auto rows = static_cast<double>(report.rows);
    train.points.emplace_back(rows, one->train_bits);
    if (one->test_bits) test.points.emplace_back(rows, *one->test_bits);
    if (one->pac_gap) bound.points.emplace_back(rows, one->train_bits + *one->pac_gap);
  }
  return {train, test, bound};
}

std::string chart(const BoundsPage& data, const std::string& family) {
  const std::vector<Line> lines = lines_of(data, family);
  double low = lines.front().points.front().second, high = low;
  for (const Line& line : lines) {
    for (const auto& [rows, bits] : line.points) low = std::min(low, bits), high = std::max(high, bits);
  }
  high = std::min(high, low + kMostOverLength);
  const double first_rows = static_cast<double>(data.by_rows.front().rows);
  const double last_rows = static_cast<double>(data.by_rows.back().rows);
  Svg svg(kWidth, kHeight, "Bits per value over rows learned from, " + family);
  const Scale x{first_rows / 1.2, last_rows * 1.2, true, kLeft, kRight};
  const Scale y{low - 0.05 * (high - low) - 0.01, high + 0.05 * (high - low) + 0.01, false, kFoot, kTop};
  draw_axes(svg, x, y, "rows learned from (logarithmic)", "bits per value");
  for (const Line& line : lines) {
    std::vector<Svg::Point> inside;
    for (const auto& [rows, bits] : line.points) {
      if (bits <= high) inside.push_back({x.at(rows), y.at(bits)});
    }
    svg.polyline(inside, fmt::format("curve {}", line.style));
    for (const auto& [rows, bits] : line.points) {
      if (bits <= high && std::string_view(line.style) != "bound")
        svg.marker(x.at(rows), y.at(bits), line.style, fmt::format("{:.4f} bits, {} rows: {}", bits, rows, line.label));
    }
  }
  return svg.finish();
}

std::string key(const std::vector<Line>& lines) {
  std::string out = "<ul class=\"key\">\n";
  for (const Line& line : lines) {
    Svg sample(34, 12, line.label);
    sample.polyline({{1, 6}, {33, 6}}, fmt::format("curve {}", line.style));
    out += fmt::format("<li>{}{}</li>\n", sample.finish(), escaped(line.label));
  }
  return out + "</ul>\n";
}

std::string cell(const std::optional<double>& value) { return value ? fmt::format("{:.4f}", *value) : "–"; }

std::string family_table(const BoundsReport& report) {
  std::string out =
      "<div class=\"scroll\"><table>\n<tr><th>family</th><th>learned from</th><th>not seen</th><th>gap</th>"
      "<th>Rademacher</th><th>bound of the gap</th><th>rows for the wanted gap</th></tr>\n";
  for (const FamilyBound& one : report.families) {
    std::optional<double> gap;
    if (one.test_bits) gap = *one.test_bits - one.train_bits;
    out += fmt::format("<tr><td>{}</td><td>{:.4f}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                       escaped(one.family), one.train_bits, cell(one.test_bits), cell(gap), cell(one.rademacher),
                       cell(one.pac_gap), one.rows_for_gap ? std::to_string(*one.rows_for_gap) : "–");
  }
  return out + "</table></div>\n";
}

std::string rate_table(const BoundsPage& data) {
  const BoundsReport& all = data.by_rows.back();
  std::string out = "<div class=\"scroll\"><table>\n<tr><th>rate, bits per value</th><th></th></tr>\n";
  const auto row = [&](const char* what, const std::optional<double>& value) {
    if (value) out += fmt::format("<tr><td>{}</td><td>{:.4f}</td></tr>\n", what, *value);
  };
  row("Gaussian R(D), rows independent", all.gaussian_rate);
  row("the same, given the rows at the lags", all.gaussian_rate_with_past);
  row("Gaussian maximum entropy at the step", all.gaussian_entropy);
  row("measured with the profile", data.measured_rate);
  return out + "</table></div>\n";
}

}  // namespace

std::string bounds_page(const BoundsPage& data) {
  const BoundsReport& all = data.by_rows.back();
  std::string body = "<section>\n<h2>Rates</h2>\n" + rate_table(data) + "</section>\n";
  body += "<section>\n<h2>Families of entropy models</h2>\n" + family_table(all);
  body += fmt::format(
      "<h3>From how many rows</h3>\n<p class=\"soft\">Code lengths, and the bound that holds with confidence {:g}, drawn "
      "up to {:g} bits above them. Basis and step of each point are learned from its rows, too.</p>\n",
      data.confidence, kMostOverLength);
  if (!all.families.empty()) body += key(lines_of(data, all.families.front().family));
  body += "<div class=\"pairs\">\n";
  for (const FamilyBound& one : all.families)
    body +=
        fmt::format("<div><h3>{}</h3>\n<figure>\n{}</figure>\n</div>\n", escaped(one.family), chart(data, one.family));
  body += "</div>\n</section>\n";
  const std::string lead = fmt::format(
      "{} rows of {} channels, NMSE {:.4g}, step {:.4g} of KLT coefficients; formulas and sources: "
      "docs/bounds.md.",
      all.rows, all.channels, all.nmse, all.step);
  return document(data.title, lead, body);
}

}  // namespace actz::report
