#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace actz::report {

/// Text as it may stand in HTML and in attributes.
std::string escaped(std::string_view text);

/// A number as people write it: 0.02, 1.5, 2400.
std::string number_text(double value);

/// Maps values to pixels, linearly or by their logarithm.
struct Scale {
  double low;
  double high;
  bool logarithmic;
  double low_px;
  double high_px;

  double at(double value) const;
  /// Round values inside: 1, 2, 5 times powers of ten.
  std::vector<double> ticks() const;
};

/// An SVG drawing in the making. Colours and fonts come from CSS classes.
class Svg {
 public:
  /// @param label  what a screen reader says.
  Svg(double width, double height, const std::string& label);
  void line(double x1, double y1, double x2, double y2, std::string_view css_class);
  void text(double x, double y, std::string_view css_class, std::string_view content);
  /// Reads upwards.
  void vertical_text(double x, double y, std::string_view css_class, std::string_view content);
  struct Point {
    double x, y;
  };
  void polyline(const std::vector<Point>& points, std::string_view css_class);
  /// @param title  shown while the pointer is over it.
  void marker(double x, double y, std::string_view css_class, std::string_view title);
  void bar(double x, double y, double width, double height, std::string_view css_class, std::string_view title);
  std::string finish() const { return body_ + "</svg>\n"; }

 private:
  std::string body_;
};

/// Frame, grid, ticks and names of two axes.
void draw_axes(Svg& svg, const Scale& x, const Scale& y, std::string_view x_name, std::string_view y_name);

}  // namespace actz::report
