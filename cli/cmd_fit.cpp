#include <fmt/format.h>

#include <algorithm>

#include "base/try.hpp"
#include "encode_plan.hpp"
#include "file_adapters.hpp"
#include "metric_option.hpp"
#include "profile_parts_file.hpp"
#include "progress.hpp"
#include "verbs.hpp"

namespace actz::cli {
namespace {

/// The dumps' tensors, open.
struct OpenDumps {
  std::vector<std::unique_ptr<io::TensorCollection>> files;
  std::vector<std::unique_ptr<io::TensorSource>> tensors;
  std::vector<std::unique_ptr<SourceElements>> elements;
  std::vector<FitInput> inputs;
};

Status open_dump(const std::string& path, const std::string& wanted, const io::ReadOptions& options, OpenDumps& dumps) {
  ACTZ_TRY(auto file, io::open_tensors(path, options));
  for (std::size_t i = 0; i < file->tensors().size(); ++i) {
    const io::TensorInfo& info = file->tensors()[i];
    if (!is_float(info.dtype) || (!wanted.empty() && info.name != wanted)) continue;
    ACTZ_TRY(auto tensor, file->open(i));
    dumps.elements.push_back(std::make_unique<SourceElements>(*tensor));
    dumps.inputs.push_back({info.dtype, info.shape, dumps.elements.back().get()});
    dumps.tensors.push_back(std::move(tensor));
  }
  dumps.files.push_back(std::move(file));
  return {};
}

/// What the dictionary takes, and from how much data on it pays, counted whole.
void print_dictionary(const Profile& profile) {
  const TrainingRecord& training = profile.training();
  if (training.dictionary_bytes == 0) return;
  fmt::print("  dictionary of {} rows, {} bytes; it pays, against matches within chunks, from so many values on:\n",
             training.dictionary_rows, training.dictionary_bytes);
  for (const RungInfo& rung : profile.rungs()) {
    if (rung.uses_dictionary)
      fmt::print("  {:>10.4g} {:>14.3g}\n", rung.target_nmse, static_cast<double>(rung.dictionary_pays_from_values));
  }
}

void print_profile(const Profile& profile, const std::string& path, std::size_t bytes, bool json) {
  if (json) {
    Json out{{"profile", path},
             {"profile_bytes", bytes},
             {"rows", profile.training().rows},
             {"channels", profile.training().channels},
             {"data_digest", profile.training().data_digest},
             {"dictionary_rows", profile.training().dictionary_rows},
             {"dictionary_bytes", profile.training().dictionary_bytes}};
    for (const RungInfo& rung : profile.rungs()) {
      out["rungs"].push_back({{"target_nmse", rung.target_nmse},
                              {"held_out_nmse", rung.held_out_nmse},
                              {"held_out_bits_per_value", rung.held_out_bits_per_value},
                              {"matches_rows", rung.matches_rows},
                              {"uses_dictionary", rung.uses_dictionary},
                              {"uses_network", rung.uses_network},
                              {"dictionary_pays_from_values", rung.dictionary_pays_from_values},
                              {"model_bytes", rung.model_bytes}});
    }
    fmt::print("{}\n", out.dump(2));
    return;
  }
  const TrainingRecord& training = profile.training();
  const std::string origin = training.rows > 0 ? fmt::format("learned from {} rows", training.rows) : "made of parts";
  fmt::print("{}: {} of {} channels, {} bytes\n", path, origin, training.channels, bytes);
  fmt::print("  {:>10} {:>14} {:>14} {:>13}\n", "target", "held-out nmse", "bits/value", "coefficients");
  for (const RungInfo& rung : profile.rungs()) {
    fmt::print("  {:>10.4g} {:>14.4g} {:>14.4f} {:>13}\n", rung.target_nmse, rung.held_out_nmse,
               rung.held_out_bits_per_value, rung.coefficients);
  }
  print_dictionary(profile);
  const auto networks = std::count_if(profile.rungs().begin(), profile.rungs().end(),
                                      [](const RungInfo& rung) { return rung.uses_network; });
  if (networks > 0) fmt::print("  a network predicts rows in {} of {} rungs\n", networks, profile.rungs().size());
}

std::optional<Density> parse_density(const std::string& word) {
  constexpr std::pair<const char*, Density> kWords[] = {
      {"auto", Density::automatic},        {"histogram", Density::histogram}, {"gaussian", Density::gaussian},
      {"laplace", Density::laplace},       {"logistic", Density::logistic},   {"mixture", Density::mixture},
      {"factorized", Density::factorized}, {"fourier", Density::fourier}};
  for (const auto& [name, density] : kWords) {
    if (word == name) return density;
  }
  return std::nullopt;
}

/// Writes a profile and says what it is.
int finish(const Profile& profile, const std::string& path, io::OutputFile& out, const Verb& verb) {
  const auto bytes = profile.serialise();
  if (const auto status = out.write(bytes); !status) return report({path, status.error()});
  if (const auto status = out.finish(); !status) return report({path, status.error()});
  if (!verb.has("quiet")) print_profile(profile, path, bytes.size(), verb.json());
  return kOk;
}

/// Nothing is learned: the parts were, elsewhere.
int run_fit_from_parts(const Verb& verb) {
  const std::string from = verb.text("parts"), path = verb.text("output");
  for (const char* option : {"nmse", "lags", "reference", "tensor", "sample", "metric", "states", "no-context",
                             "no-transform", "entropy", "network", "no-matches", "dictionary"}) {
    if (verb.has(option))
      return usage_error(fmt::format("--parts leaves nothing to learn: --{} does not go with it", option));
  }
  const auto parts = read_profile_parts(from);
  if (!parts) return report({from, parts.error()});
  const auto profile = build_profile(*parts);
  if (!profile) return report({from, profile.error()});
  auto out = io::OutputFile::create(path, verb.has("force"));
  if (!out) return report({path, out.error()});
  return finish(*profile, path, *out, verb);
}

}  // namespace

int run_fit(const Arguments& arguments) {
  Verb verb(
      "fit DUMP... -o PROFILE.actp [options]",
      "Learns a profile from activation dumps (.npy, .npz, .safetensors): the last axis is channels, the one before it\n"
      "rows (tokens or patches), the others sequences. Example:\n  actz fit calib_layer6.npy -o layer6.actp --lags 1,2");
  verb.options()("output,o", po::value<std::string>(), "where the profile goes (.actp)")(
      "nmse", po::value<std::string>(), "ladder of qualities, default 0.001,0.0025,0.005,0.01,0.02,0.04,0.08,0.16")(
      "lags", po::value<std::string>(),
      "rows to predict from: 1,2 (default, text), 1,14 (a 14 x 14 grid), none; rungs leave out last ones that do not pay")(
      "reference", po::value<Arguments>()->composing(),
      "NAME=DUMP: predict also from the rows of tensor NAME of the same file, whose dump this is; one for each dump")(
      "tensor", po::value<std::string>(), "only tensors of this name")("sample", po::value<unsigned>(),
                                                                       "MiB of rows kept to train on, default 64")(
      "metric", po::value<std::string>(),
      "sensitivity of the task (.npy): a positive semidefinite matrix, channels x channels, or a vector")(
      "states", po::value<unsigned>(),
      "of the dependent quantiser: 8, 4; 1: uniform quantiser; default: 8, or 4 for rungs where that takes fewer bits")(
      "no-context", "a table class for each coefficient; faster, needs --states 1")(
      "no-transform",
      "code channels as they are, with --states 1 --no-context unless told otherwise: fast, at a higher rate")(
      "entropy", po::value<std::string>(),
      "how tables follow from counts: auto (default), histogram, gaussian, laplace, logistic, mixture, factorized, fourier")(
      "network", po::value<unsigned>(),
      "WIDTH, as 256 or 1024: predict rows with a network of so many hidden units, too, in rungs where that pays: fewer bits, slower to decode")(
      "no-matches", "predict no rows from like ones decoded before, even where that pays")(
      "dictionary", po::value<std::string>(),
      "SIZE, as 1MiB: keep rows of the dumps in the profile, for rows of any tensor to be predicted from, if that gains")(
      "parts", po::value<std::string>(),
      "PARTS.npz instead of dumps: centre, synthesis, steps and integer tables learned elsewhere (docs/learning.md)")(
      "force,f", "overwrite the output");
  if (const auto code = verb.parse(arguments)) return *code;
  if (verb.has("parts") && verb.has("output") && verb.files().empty()) return run_fit_from_parts(verb);
  if (verb.has("parts")) return usage_error("fit --parts wants PARTS.npz, no dumps, and -o PROFILE.actp");
  if (verb.files().empty() || !verb.has("output")) return usage_error("fit wants dumps and -o PROFILE.actp");
  FitOptions options;
  if (verb.has("nmse")) {
    const auto targets = parse_numbers(verb.text("nmse"));
    if (!targets) return usage_error("--nmse wants numbers, as in 0.005,0.02");
    options.target_nmse = *targets;
  }
  if (verb.has("lags")) {
    const auto lags = parse_lags(verb.text("lags"));
    if (!lags) return usage_error("--lags wants 1,2 or none");
    options.lags = *lags;
  }
  if (verb.has("sample")) options.sample_bytes = std::uint64_t{verb.get<unsigned>("sample")} << 20;
  options.transform = !verb.has("no-transform");
  options.match_rows = !verb.has("no-matches");
  if (verb.has("entropy")) {
    const auto density = parse_density(verb.text("entropy"));
    if (!density) return usage_error("--entropy wants one of the words that --help lists");
    options.density = *density;
  }
  if (verb.has("network")) {
    options.network_width = verb.get<unsigned>("network");
    if (options.network_width < 1 || options.network_width > 4096)
      return usage_error("--network wants a width from 1 to 4096");
    if (!options.transform || !options.lags.size() || verb.has("metric") || verb.has("no-context") ||
        verb.has("reference"))
      return usage_error(
          "--network does not go with --no-transform, --no-context, --lags none, --reference or --metric");
  }
  if (verb.has("dictionary")) {
    const auto bytes = parse_bytes(verb.text("dictionary"));
    if (!bytes || *bytes == 0) return usage_error("--dictionary wants a size, as in 512KiB or 1MiB");
    if (!options.transform || !options.match_rows || verb.has("metric"))
      return usage_error("--dictionary does not go with --no-matches, --no-transform or --metric");
    options.dictionary_bytes = *bytes;
  }
  options.context = options.transform && !verb.has("no-context");
  if (!options.context) options.quantizer_states = 1;
  if (verb.has("states")) options.quantizer_states = verb.get<unsigned>("states");
  if (options.quantizer_states > 1 && !options.transform) options.context = true;
  if (verb.has("metric")) {
    auto metric = load_metric(verb.text("metric"));
    if (!metric) return report({verb.text("metric"), metric.error()});
    options.metric = std::move(metric->values);
  }
  const std::string path = verb.text("output");
  const auto read_options = verb.read_options();
  if (!read_options) return report({"", read_options.error()});
  auto out = io::OutputFile::create(path, verb.has("force"));
  if (!out) return report({path, out.error()});
  OpenDumps dumps;
  for (const std::string& file : verb.files()) {
    if (const auto status = open_dump(file, verb.text("tensor"), *read_options, dumps); !status)
      return report({file, status.error()});
  }
  Progress progress("fit", verb.shows_progress());
  options.progress = &Progress::update;
  options.progress_context = &progress;
  OpenDumps beside;
  FitReference reference;
  for (const std::string& text : verb.has("reference") ? verb.get<Arguments>("reference") : Arguments{}) {
    const auto [name, file] = split_pair(text);
    if (name.empty() || (!reference.name.empty() && reference.name != name))
      return usage_error("--reference wants NAME=DUMP, of one name");
    reference.name = name;
    if (const auto status = open_dump(file, "", *read_options, beside); !status) return report({file, status.error()});
  }
  reference.dumps = beside.inputs;
  const auto profile = fit_profile(dumps.inputs, options, reference);
  if (!profile) return report({verb.files().front(), profile.error()});
  return finish(*profile, path, *out, verb);
}

}  // namespace actz::cli
