#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "report/charts.hpp"
#include "report/svg.hpp"

namespace actz::report {
namespace {

constexpr double kLeast = 0.001;  ///< at the foot: half of the noise of a measured increase
constexpr double kLeft = 84, kRight = 440, kTop = 14, kFoot = 230;
constexpr double kWidth = 460, kHeight = 284;

std::string family_label(const std::string& codec) { return codec.starts_with("int") ? "integers per channel" : codec; }

/// Both logarithmic: curves are nearly straight there, and bench/equal_loss.py interpolates so.
struct Axes {
  Scale x;
  Scale y;

  explicit Axes(std::span<const LossPoint> points)
      : x{1e9, 1, true, kLeft, kRight}, y{kLeast, 10 * kLeast, true, kFoot, kTop} {
    for (const LossPoint& point : points) {
      x.low = std::min(x.low, bits(point) / 1.2);
      x.high = std::max(x.high, bits(point) * 1.2);
      y.high = std::max(y.high, point.loss_increase_nats * 1.2);
    }
  }
  Svg::Point at(const LossPoint& point) const {
    return {x.at(bits(point)), y.at(std::max(point.loss_increase_nats, kLeast))};
  }
  static double bits(const LossPoint& point) { return std::max(point.bits_per_token, 0.01); }
};

void draw_curve(Svg& svg, const Axes& axes, std::vector<LossPoint> points, const std::string& style) {
  std::sort(points.begin(), points.end(),
            [](const LossPoint& a, const LossPoint& b) { return a.bits_per_token < b.bits_per_token; });
  std::vector<Svg::Point> line;
  for (const LossPoint& point : points) line.push_back(axes.at(point));
  svg.polyline(line, "curve " + style);
  for (const LossPoint& point : points) {
    const auto [x, y] = axes.at(point);
    svg.marker(x, y, style,
               fmt::format("{}: {:.0f} bits per token, {:+.4f} nats per token, NMSE {:.2g}", point.codec,
                           point.bits_per_token, point.loss_increase_nats, point.nmse));
  }
}

}  // namespace

std::vector<LossFamily> loss_families(std::span<const LossPoint> points) {
  constexpr std::array kStyles = {"peer-a", "peer-b", "peer-c", "peer-d"};
  std::vector<LossFamily> out;
  std::size_t peers = 0;
  for (const LossPoint& point : points) {
    const std::string label = family_label(point.codec);
    if (std::any_of(out.begin(), out.end(), [&](const LossFamily& family) { return family.label == label; })) continue;
    const bool ours = label.starts_with("actz"), integers = label != point.codec;
    out.push_back({label, ours ? "actz" : integers ? "integers" : kStyles[peers++ % kStyles.size()]});
  }
  return out;
}

std::string loss_chart(const std::string& place, std::span<const LossPoint> points,
                       std::span<const LossFamily> families) {
  Svg svg(kWidth, kHeight, "Task loss of " + place);
  const Axes axes(points);
  draw_axes(svg, axes.x, axes.y, "rate, bits per token", "increase of loss, nats per token");
  // The first family (ours) above all others.
  for (auto family = families.rbegin(); family != families.rend(); ++family) {
    std::vector<LossPoint> own;
    std::copy_if(points.begin(), points.end(), std::back_inserter(own),
                 [&](const LossPoint& point) { return family_label(point.codec) == family->label; });
    if (!own.empty()) draw_curve(svg, axes, std::move(own), family->style);
  }
  return svg.finish();
}

}  // namespace actz::report
