#include "write_results.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace actz::bench {
namespace {

using Json = nlohmann::ordered_json;

/// Enough digits to compare by, few enough to read and to keep differences of the file small.
double rounded(double value) { return std::stod(fmt::format("{:.5g}", value)); }

Json to_json(const Outcome& outcome) {
  Json out{{"codec", outcome.codec}, {"lossless", outcome.lossless}};
  if (outcome.target_nmse) out["target_nmse"] = *outcome.target_nmse;
  out["bits_per_value"] = rounded(outcome.bits_per_value);
  out["nmse"] = rounded(outcome.nmse);
  out["max_abs_error"] = rounded(outcome.max_abs_error);
  out["encode_mb_per_s"] = rounded(outcome.encode_mb_per_s);
  out["decode_mb_per_s"] = rounded(outcome.decode_mb_per_s);
  out["coded_bytes"] = outcome.coded_bytes;
  out["side_bytes"] = outcome.side_bytes;
  out["repeats"] = outcome.repeats;
  return out;
}

Json to_json(const TensorOutcomes& tensor, const Settings& settings) {
  Json out{{"name", tensor.pair.name},
           {"dtype", std::string(to_string(tensor.dtype))},
           {"shape", tensor.shape},
           {"lags", tensor.pair.lags},
           {"calib_sha256", tensor.calib_digest},
           {"test_sha256", tensor.test_digest},
           {"fit_seconds", rounded(tensor.fit_seconds)}};
  for (std::size_t i = 0; i < settings.target_nmse.size(); ++i) {
    out["gaussian_bound"].push_back(
        {{"nmse", settings.target_nmse[i]}, {"bits_per_value", rounded(tensor.gaussian_bits[i])}});
  }
  for (const Outcome& outcome : tensor.outcomes) out["results"].push_back(to_json(outcome));
  return out;
}

std::string side_text(std::uint64_t bytes) {
  return bytes == 0 ? "" : fmt::format("{:.0f} kB", static_cast<double>(bytes) / 1e3);
}

}  // namespace

std::string results_as_json(const Machine& machine, const Settings& settings,
                            const std::vector<TensorOutcomes>& tensors) {
  Json out{{"machine",
            {{"system", machine.system},
             {"cpu", machine.cpu},
             {"processors", machine.processors},
             {"kernel", machine.kernel}}},
           {"compiler", machine.compiler},
           {"commit", machine.commit},
           {"threads", 1}};
  for (const TensorOutcomes& tensor : tensors) out["tensors"].push_back(to_json(tensor, settings));
  return out.dump(1) + "\n";
}

std::string results_as_markdown(const std::vector<TensorOutcomes>& tensors) {
  std::string out;
  for (const TensorOutcomes& tensor : tensors) {
    out += fmt::format("### {}, {} {}\n\n", tensor.pair.name, to_string(tensor.shape),
                       std::string(to_string(tensor.dtype)));
    out +=
        "| codec | bits per value | NMSE | largest error | encode MB/s | decode MB/s | learned beforehand "
        "|\n|---|---|---|---|---|---|---|\n";
    for (const Outcome& outcome : tensor.outcomes) {
      out +=
          fmt::format("| {} | {:.3f} | {} | {:.3g} | {:.0f} | {:.0f} | {} |\n", outcome.codec, outcome.bits_per_value,
                      outcome.lossless ? "0" : fmt::format("{:.2g}", outcome.nmse), outcome.max_abs_error,
                      outcome.encode_mb_per_s, outcome.decode_mb_per_s, side_text(outcome.side_bytes));
    }
    out += '\n';
  }
  return out;
}

}  // namespace actz::bench
