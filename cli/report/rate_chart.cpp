#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/charts.hpp"
#include "report/svg.hpp"

namespace actz::report {
namespace {

constexpr double kFinest = 0.0005;  ///< NMSE at the chart's foot
constexpr double kCoarsest = 0.3;
constexpr double kMostBits = 8.2;
constexpr double kLeft = 84, kRight = 690, kTop = 18, kFoot = 400;
constexpr double kWidth = 960, kHeight = 456;

double widest_rate(const TensorPart& part) {
  double bits = 1;
  for (const Curve& curve : part.curves) {
    for (const Curve::Point& point : curve.points) {
      if (point.nmse >= kFinest && point.nmse <= kCoarsest) bits = std::max(bits, point.bits_per_value);
    }
  }
  return std::min(std::ceil(bits * 2 + 0.2) / 2, kMostBits);
}

/// The part of a curve inside the frame, cut where it crosses the borders.
std::vector<Svg::Point> clipped(const Curve& curve, const Scale& x, const Scale& y) {
  std::vector<Svg::Point> out;
  const auto crossing = [&](const Curve::Point& a, const Curve::Point& b, double nmse) {
    const double share = std::log(nmse / a.nmse) / std::log(b.nmse / a.nmse);
    return Svg::Point{x.at(a.bits_per_value + share * (b.bits_per_value - a.bits_per_value)), y.at(nmse)};
  };
  for (std::size_t i = 0; i < curve.points.size(); ++i) {
    const Curve::Point& point = curve.points[i];
    const bool inside = point.nmse >= kFinest && point.nmse <= kCoarsest && point.bits_per_value <= x.high;
    if (i > 0) {
      const Curve::Point& last = curve.points[i - 1];
      for (const double border : {kFinest, kCoarsest}) {
        const bool crosses = (last.nmse < border) != (point.nmse < border);
        if (crosses && crossing(last, point, border).x <= x.high_px) out.push_back(crossing(last, point, border));
      }
    }
    if (inside) out.push_back({x.at(point.bits_per_value), y.at(point.nmse)});
  }
  return out;
}

void draw_legend(Svg& svg, const TensorPart& part) {
  double y = kTop + 12;
  for (const Curve& curve : part.curves) {
    svg.polyline({{kRight + 24, y}, {kRight + 56, y}}, "curve " + curve.style);
    if (curve.style != "bound") svg.marker(kRight + 40, y, curve.style, curve.label);
    svg.text(kRight + 66, y + 4, "legend", curve.label);
    y += 26;
  }
}

}  // namespace

std::string rate_chart(const TensorPart& part) {
  Svg svg(kWidth, kHeight, "Rate and distortion of " + part.name);
  const Scale x{0, widest_rate(part), false, kLeft, kRight};
  const Scale y{kFinest, kCoarsest, true, kFoot, kTop};
  draw_axes(svg, x, y, "rate, bits per value", "error, NMSE (logarithmic)");
  svg.text(kLeft + 10, kFoot - 10, "hint", "↙ better: fewer bits, smaller error");
  // The bound lies under, the first curves (ours) above all others.
  for (auto curve = part.curves.rbegin(); curve != part.curves.rend(); ++curve)
    svg.polyline(clipped(*curve, x, y), "curve " + curve->style);
  for (auto curve = part.curves.rbegin(); curve != part.curves.rend(); ++curve) {
    if (curve->style == "bound") continue;
    for (const Curve::Point& point : curve->points) {
      if (point.nmse < kFinest || point.nmse > kCoarsest || point.bits_per_value > x.high) continue;
      svg.marker(x.at(point.bits_per_value), y.at(point.nmse), curve->style,
                 fmt::format("{}: {:.3f} bits per value at NMSE {:.2g}, {:.1f} dB", curve->label, point.bits_per_value,
                             point.nmse, -10 * std::log10(point.nmse)));
    }
  }
  draw_legend(svg, part);
  return svg.finish();
}

}  // namespace actz::report
