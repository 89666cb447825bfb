#include "report/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/charts.hpp"
#include "report/style.hpp"
#include "report/svg.hpp"
#include "report/tables.hpp"

namespace actz::report {
namespace {

std::string fact(const std::string& number, const std::string& meaning) {
  return fmt::format("<li><b>{}</b><span>{}</span></li>\n", escaped(number), escaped(meaning));
}

/// actz near the headline's error (a profile that was learned from too little may miss it), and lossless.
std::string facts(const TensorPart& part) {
  const auto find = [&](const char* codec, std::optional<double> target) {
    return std::find_if(part.outcomes.begin(), part.outcomes.end(), [&](const bench::Outcome& o) {
      return o.codec == codec && o.target_nmse == target && (!target || std::fabs(o.nmse / *target - 1) < 0.1);
    });
  };
  auto headline = find("actz, profile", kHeadlineNmse);
  if (headline == part.outcomes.end()) headline = find("actz, self-fitted", kHeadlineNmse);
  const auto lossless = find("actz, lossless", std::nullopt);
  std::string out = "<ul class=\"facts\">\n";
  if (headline != part.outcomes.end()) {
    out += fact(fmt::format("{:.2f} bits", headline->bits_per_value),
                fmt::format("a value at NMSE {}", number_text(headline->nmse)));
    out += fact(fmt::format("{:.1f}×", part.raw_bits / headline->bits_per_value),
                fmt::format("smaller than its {} bits as stored", part.raw_bits));
    out += fact(fmt::format("{:.0f} MB/s", headline->decode_mb_per_s),
                fmt::format("decoded; encoded at {:.0f} MB/s", headline->encode_mb_per_s));
  }
  if (lossless != part.outcomes.end()) {
    out += fact(fmt::format("{:.2f}×", part.raw_bits / lossless->bits_per_value), "smaller with every bit kept");
  }
  return out + "</ul>\n";
}

std::string figure(const std::string& chart, const std::string& caption) {
  const std::string below = caption.empty() ? "" : "<figcaption>" + escaped(caption) + "</figcaption>";
  return "<figure>\n" + chart + below + "</figure>\n";
}

std::string tensor_section(const TensorPart& part) {
  std::string out =
      fmt::format("<section>\n<h2>{}</h2>\n<p class=\"soft\">{}</p>\n", escaped(part.name), escaped(part.description));
  out += facts(part);
  out += "<h3>Rate and distortion</h3>\n";
  out += figure(rate_chart(part),
                "Each point is a whole file, written and read back. NMSE is the squared error over the squared "
                "distance from the channel means. Gaussian "
                "R(D) is what Gaussian rows of the same covariance would need if each were coded alone; rows that "
                "predict each other can go below it.");
  out += "<h3>Rates and speeds</h3>\n" + comparison_table(part) + full_table(part);
  if (!part.peers_measured_on.empty()) {
    out += fmt::format("<p class=\"note\">Not measured here but in an earlier run, on {}: {}.</p>\n",
                       escaped(part.peers_measured_on), escaped(part.peers));
  }
  out += "<h3>Where the bits go</h3>\n";
  out += figure(
      coefficient_chart(part),
      fmt::format("Mean code length of each coefficient of a row, by {}, at NMSE {}. Coefficients that no longer "
                  "carry information have no bar.",
                  part.coefficient_source, number_text(part.coefficient_nmse)));
  return out + "</section>\n";
}

std::string loss_key(const std::vector<LossFamily>& families) {
  std::string out = "<ul class=\"key\">\n";
  for (const LossFamily& family : families) {
    Svg sample(34, 12, family.label);
    sample.polyline({{1, 6}, {33, 6}}, "curve " + family.style);
    sample.marker(17, 6, family.style, family.label);
    out += fmt::format("<li>{}{}</li>\n", sample.finish(), escaped(family.label));
  }
  return out + "</ul>\n";
}

std::string loss_section(const std::vector<LossPoint>& losses) {
  std::string out =
      "<section>\n<h2>Task loss</h2>\n<p class=\"soft\">What the network loses when it goes on from decoded "
      "activations, against going on "
      "from the original ones. Both axes are logarithmic; increases below 0.001, which the noise hides, are drawn at "
      "0.001.</p>\n";
  const std::vector<LossFamily> families = loss_families(losses);
  out += loss_key(families) + "<div class=\"pairs\">\n";
  for (std::size_t first = 0; first < losses.size();) {
    std::size_t end = first;
    while (end < losses.size() && losses[end].place == losses[first].place) ++end;
    out += fmt::format("<div><h3>{}</h3>\n", escaped(losses[first].place));
    const auto of_place = std::span(losses).subspan(first, end - first);
    out += figure(loss_chart(losses[first].place, of_place, families), "") + "</div>\n";
    first = end;
  }
  return out + "</div>\n<details><summary>All points</summary>" + loss_table(losses) + "</details>\n</section>\n";
}

}  // namespace

std::string document(const std::string& title, const std::string& lead, const std::string& body) {
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<link rel=\"icon\" "
      "href=\"data:,\"/>\n";
  out += fmt::format("<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n", escaped(title), kStyleSheet);
  out += fmt::format("<h1>{}</h1>\n<p class=\"soft\">{}</p>\n", escaped(title), escaped(lead));
  return out + body + "</main>\n</body>\n</html>\n";
}

std::string page(const Report& report) {
  std::string body;
  for (const TensorPart& part : report.tensors) body += tensor_section(part);
  if (!report.losses.empty()) body += loss_section(report.losses);
  return document(report.title, report.conditions, body);
}

}  // namespace actz::report
