#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "report/charts.hpp"
#include "report/svg.hpp"

namespace actz::report {
namespace {

constexpr std::size_t kMostBars = 400;  ///< of wider rows, neighbours share a bar
constexpr double kLeft = 84, kRight = 940, kTop = 14, kFoot = 190;
constexpr double kWidth = 960, kHeight = 244;

}  // namespace

std::string coefficient_chart(const TensorPart& part) {
  const std::vector<double>& bits = part.coefficient_bits;
  Svg svg(kWidth, kHeight, "Bits of each coefficient of " + part.name);
  const double highest = bits.empty() ? 1 : std::max(1.0, *std::max_element(bits.begin(), bits.end()));
  const Scale x{0, static_cast<double>(std::max<std::size_t>(bits.size(), 1)), false, kLeft, kRight};
  const Scale y{0, highest * 1.05, false, kFoot, kTop};
  draw_axes(svg, x, y, "coefficient", "bits");
  const std::size_t group = (bits.size() + kMostBars - 1) / kMostBars;
  for (std::size_t first = 0; first < bits.size(); first += group) {
    const std::size_t end = std::min(first + group, bits.size());
    const auto begin = bits.begin() + static_cast<std::ptrdiff_t>(first);
    const double mean = std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(end - first), 0.0) /
                        static_cast<double>(end - first);
    const double left = x.at(static_cast<double>(first));
    const double width = x.at(static_cast<double>(end)) - left;
    const std::string which =
        group == 1 ? fmt::format("coefficient {}", first) : fmt::format("coefficients {} to {}", first, end - 1);
    svg.bar(left + width * 0.1, y.at(mean), width * 0.8, kFoot - y.at(mean), "bar",
            fmt::format("{}: {:.2f} bits", which, mean));
  }
  return svg.finish();
}

}  // namespace actz::report
