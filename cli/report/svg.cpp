#include "report/svg.hpp"

#include <fmt/format.h>

#include <cmath>

namespace actz::report {
namespace {

constexpr int kTicksWanted = 8;

std::vector<double> linear_ticks(double low, double high) {
  const double rough = (high - low) / kTicksWanted;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = power;
  for (const double factor : {1.0, 2.0, 5.0, 10.0}) {
    step = factor * power;
    if (step >= rough) break;
  }
  std::vector<double> out;
  for (double i = std::ceil(low / step - 1e-9); i * step <= high + step * 1e-9; ++i) out.push_back(i * step);
  return out;
}

std::vector<double> logarithmic_ticks(double low, double high) {
  std::vector<double> out;
  for (double power = std::pow(10, std::floor(std::log10(low))); power <= high; power *= 10) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double value = factor * power;
      if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)) out.push_back(value);
    }
  }
  return out;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default:
        // Other control characters may stand in no XML document, not even escaped.
        if (static_cast<unsigned char>(c) >= 0x20) out += c;
    }
  }
  return out;
}

std::string number_text(double value) {
  const double size = std::fabs(value);
  if (size < 1e-12) return "0";
  if (size < 1e-4 || size >= 1e6) return fmt::format("{:.2g}", value);
  std::string text =
      fmt::format("{:.{}f}", value, size >= 100 ? 0 : std::max(0, 2 - static_cast<int>(std::floor(std::log10(size)))));
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text;
}

double Scale::at(double value) const {
  const double share = logarithmic ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
  return low_px + share * (high_px - low_px);
}

std::vector<double> Scale::ticks() const {
  return logarithmic ? logarithmic_ticks(low, high) : linear_ticks(low, high);
}

Svg::Svg(double width, double height, const std::string& label)
    : body_(fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
                        "height=\"{1}\" role=\"img\" aria-label=\"{2}\">\n",
                        width, height, escaped(label))) {}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view css_class) {
  body_ += fmt::format("<line class=\"{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n", css_class, x1,
                       y1, x2, y2);
}

void Svg::text(double x, double y, std::string_view css_class, std::string_view content) {
  body_ += fmt::format("<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", css_class, x, y, escaped(content));
}

void Svg::vertical_text(double x, double y, std::string_view css_class, std::string_view content) {
  body_ += fmt::format("<text class=\"{}\" transform=\"translate({:.1f} {:.1f}) rotate(-90)\">{}</text>\n", css_class,
                       x, y, escaped(content));
}

void Svg::polyline(const std::vector<Point>& points, std::string_view css_class) {
  body_ += fmt::format("<polyline class=\"{}\" points=\"", css_class);
  for (const Point& point : points) body_ += fmt::format("{:.1f},{:.1f} ", point.x, point.y);
  body_ += "\"/>\n";
}

void Svg::marker(double x, double y, std::string_view css_class, std::string_view title) {
  body_ += fmt::format(
      "<g class=\"point {0}\"><title>{1}</title><circle class=\"reach\" cx=\"{2:.1f}\" cy=\"{3:.1f}\" r=\"9\"/>"
      "<circle class=\"dot\" cx=\"{2:.1f}\" cy=\"{3:.1f}\" r=\"3.6\"/></g>\n",
      css_class, escaped(title), x, y);
}

void Svg::bar(double x, double y, double width, double height, std::string_view css_class, std::string_view title) {
  body_ += fmt::format(
      "<rect class=\"{}\" x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\"><title>{}</title></rect>\n",
      css_class, x, y, width, height, escaped(title));
}

void draw_axes(Svg& svg, const Scale& x, const Scale& y, std::string_view x_name, std::string_view y_name) {
  for (const double tick : x.ticks()) {
    svg.line(x.at(tick), y.low_px, x.at(tick), y.high_px, "grid");
    svg.text(x.at(tick), y.low_px + 18, "tick middle", number_text(tick));
  }
  for (const double tick : y.ticks()) {
    svg.line(x.low_px, y.at(tick), x.high_px, y.at(tick), "grid");
    svg.text(x.low_px - 8, y.at(tick) + 4, "tick end", number_text(tick));
  }
  svg.line(x.low_px, y.low_px, x.high_px, y.low_px, "axis");
  svg.line(x.low_px, y.low_px, x.low_px, y.high_px, "axis");
  svg.text((x.low_px + x.high_px) / 2, y.low_px + 40, "name middle", x_name);
  svg.vertical_text(x.low_px - 60, (y.low_px + y.high_px) / 2, "name middle", y_name);
}

}  // namespace actz::report
