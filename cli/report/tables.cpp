#include "report/tables.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "report/svg.hpp"

namespace actz::report {
namespace {

using bench::Outcome;

std::string nmse_text(const Outcome& outcome) { return outcome.lossless ? "0" : number_text(outcome.nmse); }

std::string speed_text(double mb_per_s) { return fmt::format("{:.0f}", mb_per_s); }

std::string row_class(const std::string& codec) { return codec.starts_with("actz") ? " class=\"ours\"" : ""; }

/// @param bits_in_full  whose bar fills the column.
std::string comparison_row(const Outcome& outcome, double bits_in_full) {
  constexpr double kColumnPixels = 110;
  const double pixels = std::max(2.0, std::min(outcome.bits_per_value / bits_in_full, 1.0) * kColumnPixels);
  return fmt::format(
      "<tr{}><td>{}</td><td class=\"rate\"><span class=\"meter\" "
      "style=\"width:{:.0f}px\"></span>{:.3f}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
      row_class(outcome.codec), escaped(outcome.codec), pixels, outcome.bits_per_value, nmse_text(outcome),
      outcome.lossless ? "0" : number_text(outcome.max_abs_error), speed_text(outcome.encode_mb_per_s),
      speed_text(outcome.decode_mb_per_s));
}

template <class Wanted>
std::string group(const TensorPart& part, const std::string& heading, Wanted wanted) {
  std::vector<Outcome> rows;
  std::copy_if(part.outcomes.begin(), part.outcomes.end(), std::back_inserter(rows), wanted);
  if (rows.empty()) return "";
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Outcome& a, const Outcome& b) { return a.bits_per_value < b.bits_per_value; });
  std::string out = fmt::format("<tr class=\"group\"><th colspan=\"6\">{}</th></tr>\n", heading);
  for (const Outcome& row : rows) out += comparison_row(row, rows.back().bits_per_value);
  return out;
}

constexpr const char* kHead =
    "<thead><tr><th>codec</th><th class=\"left\">bits per value</th><th>NMSE</th><th>largest error</th><th>encode "
    "MB/s</th>"
    "<th>decode MB/s</th></tr></thead>\n";

}  // namespace

std::string comparison_table(const TensorPart& part) {
  std::string out = "<div class=\"scroll\"><table>\n";
  out += kHead;
  out += "<tbody>\n";
  out += group(part, fmt::format("At NMSE {}", number_text(kHeadlineNmse)),
               [](const Outcome& o) { return o.target_nmse == kHeadlineNmse; });
  out += group(part, "Integers of each channel", [](const Outcome& o) {
    return !o.lossless && !o.target_nmse && (o.codec.starts_with("int8") || o.codec.starts_with("int4"));
  });
  out += group(part, "Lossless", [](const Outcome& o) { return o.lossless; });
  return out + "</tbody></table></div>\n";
}

std::string full_table(const TensorPart& part) {
  std::string out =
      "<details><summary>All measurements</summary><div class=\"scroll\"><table>\n<thead><tr><th>codec</th><th>target "
      "NMSE</th>"
      "<th>bits per value</th><th>NMSE</th><th>largest error</th><th>encode MB/s</th><th>decode MB/s</th>"
      "<th>learned beforehand, kB</th></tr></thead>\n<tbody>\n";
  for (const Outcome& o : part.outcomes) {
    out += fmt::format(
        "<tr{}><td>{}</td><td>{}</td><td>{:.3f}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        row_class(o.codec), escaped(o.codec), o.target_nmse ? number_text(*o.target_nmse) : "–", o.bits_per_value,
        nmse_text(o), number_text(o.max_abs_error), speed_text(o.encode_mb_per_s), speed_text(o.decode_mb_per_s),
        o.side_bytes == 0 ? "–" : fmt::format("{:.0f}", static_cast<double>(o.side_bytes) / 1e3));
  }
  return out + "</tbody></table></div></details>\n";
}

std::string loss_table(const std::vector<LossPoint>& losses) {
  std::string out =
      "<div class=\"scroll\"><table>\n<thead><tr><th>network</th><th class=\"left\">codec</th><th>bits per "
      "token</th><th>NMSE</th>"
      "<th>increase of loss, nats per token</th></tr></thead>\n<tbody>\n";
  for (const LossPoint& point : losses) {
    out += fmt::format("<tr{}><td>{}</td><td class=\"left\">{}</td><td>{:.0f}</td><td>{}</td><td>{:+.4f}</td></tr>\n",
                       row_class(point.codec), escaped(point.place), escaped(point.codec), point.bits_per_token,
                       number_text(point.nmse), point.loss_increase_nats);
  }
  return out + "</tbody></table></div>\n";
}

}  // namespace actz::report
