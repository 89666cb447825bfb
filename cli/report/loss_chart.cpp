#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/charts.hpp"
#include "report/svg.hpp"

namespace actz::report {
namespace {

constexpr double kLeft = 84, kRight = 440, kTop = 14, kFoot = 230;
constexpr double kWidth = 460, kHeight = 284;

std::vector<std::string> styles_of(std::span<const LossPoint> points) {
  std::vector<std::string> out;
  for (const LossPoint& point : points) {
    const std::string style = loss_family(point.codec).style;
    if (std::find(out.begin(), out.end(), style) == out.end()) out.push_back(style);
  }
  return out;
}

}  // namespace

LossFamily loss_family(const std::string& codec) {
  if (codec.starts_with("actz")) return {codec, "actz"};
  if (codec.starts_with("int")) return {"integers per channel", "integers"};
  return {codec, "peer-a"};
}

std::string loss_chart(const std::string& place, std::span<const LossPoint> points) {
  Svg svg(kWidth, kHeight, "Task loss of " + place);
  double lowest = 0, highest = 0.002, most_bits = 1;
  for (const LossPoint& point : points) {
    lowest = std::min(lowest, point.loss_increase_nats * 1.2);
    highest = std::max(highest, point.loss_increase_nats * 1.1);
    most_bits = std::max(most_bits, point.bits_per_token * 1.1);
  }
  const Scale x{0, most_bits, false, kLeft, kRight};
  const Scale y{lowest, highest, false, kFoot, kTop};
  draw_axes(svg, x, y, "rate, bits per token", "increase of loss, nats per token");
  if (lowest < 0) svg.line(kLeft, y.at(0), kRight, y.at(0), "axis");
  for (const std::string& style : styles_of(points)) {
    std::vector<LossPoint> own;
    std::copy_if(points.begin(), points.end(), std::back_inserter(own),
                 [&](const LossPoint& p) { return loss_family(p.codec).style == style; });
    std::sort(own.begin(), own.end(),
              [](const LossPoint& a, const LossPoint& b) { return a.bits_per_token < b.bits_per_token; });
    std::vector<Svg::Point> line;
    for (const LossPoint& point : own) line.push_back({x.at(point.bits_per_token), y.at(point.loss_increase_nats)});
    svg.polyline(line, "curve " + style);
    for (const LossPoint& point : own) {
      svg.marker(x.at(point.bits_per_token), y.at(point.loss_increase_nats), style,
                 fmt::format("{}: {:.0f} bits per token, {:+.4f} nats per token, NMSE {:.2g}", point.codec,
                             point.bits_per_token, point.loss_increase_nats, point.nmse));
    }
  }
  return svg.finish();
}

}  // namespace actz::report
