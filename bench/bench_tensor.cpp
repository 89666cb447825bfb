#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <cstdio>
#include <iostream>

#include "command_line.hpp"
#include "write_results.hpp"

/// Whole tensors through actz and its peers, in one process and one run: rates, errors and speeds.

namespace {

using namespace actz::bench;
namespace po = boost::program_options;

constexpr const char* kAbout =
    "Usage: bench_tensor [options] [NAME=CALIB,TEST[,LAGS]]...\n\n"
    "Learns on CALIB, measures on TEST (.npy, .npz, .safetensors); LAGS as in 1:14, default 1:2. With one file for "
    "both, the\n"
    "first half of its rows is learned from. Default: the repository's samples. One thread.\n"
    "Example:\n  bench_tensor --json results.json 'babyllama layer 3=calib.npy,test.npy'\n\n";

TensorPair parse_pair(const std::string& word) {
  const std::size_t equals = word.find('=');
  const auto parts = equals == std::string::npos ? std::vector<std::string>{} : split(word.substr(equals + 1), ',');
  if (parts.size() < 2 || parts.size() > 3) throw po::error("'" + word + "' is not NAME=CALIB,TEST[,LAGS]");
  TensorPair pair{word.substr(0, equals), parts[0], parts[1], {1, 2}};
  if (parts.size() == 3) {
    pair.lags.clear();
    for (const std::string& lag : split(parts[2], ':'))
      pair.lags.push_back(static_cast<std::uint16_t>(std::stoul(lag)));
  }
  return pair;
}

std::vector<TensorPair> bundled() {
  const std::string folder = ACTZ_SAMPLE_DATA;
  const std::string babyllama = folder + "/babyllama_layer3_2x256x128.npy";
  const std::string stories = folder + "/stories260K_layer3_4x256x64.npy";
  return {{"babyllama layer 3 (sample)", babyllama, babyllama, {1, 2}},
          {"stories260K layer 3 (sample)", stories, stories, {1, 2}}};
}

void write_file(const std::string& path, const std::string& text) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr || std::fwrite(text.data(), 1, text.size(), file) != text.size() || std::fclose(file) != 0) {
    throw Failed{path, {actz::ErrorCode::io, actz::Error::kNoOffset, "cannot be written"}};
  }
}

int run(int count, char** words) {
  Settings settings;
  po::options_description options("Options");
  options.add_options()("json", po::value<std::string>(), "write all measurements to this file")(
      "nmse", po::value<std::string>(), "errors to compare at; default 0.005,0.02,0.08")(
      "repeats", po::value(&settings.patience.max_repeats)->default_value(settings.patience.max_repeats),
      "rounds of timing")("seconds", po::value(&settings.patience.seconds)->default_value(settings.patience.seconds),
                          "time after which a run is not repeated");
  po::variables_map values;
  if (!parse_words(count, words, kAbout, "tensor", options, values)) return 0;
  if (values.count("nmse") > 0) settings.target_nmse = numbers(values["nmse"].as<std::string>());
  std::vector<TensorPair> pairs;
  if (values.count("tensor") > 0) {
    for (const std::string& word : values["tensor"].as<std::vector<std::string>>()) pairs.push_back(parse_pair(word));
  } else {
    pairs = bundled();
  }
  std::vector<TensorOutcomes> tensors;
  for (const TensorPair& pair : pairs) {
    tensors.push_back(run_tensor(pair, settings));
    fmt::print("{}", results_as_markdown({tensors.back()}));
    std::fflush(stdout);
  }
  if (values.count("json") > 0)
    write_file(values["json"].as<std::string>(), results_as_json(this_machine(), settings, tensors));
  return 0;
}

}  // namespace

int main(int count, char** words) {
  try {
    return run(count, words);
  } catch (const Failed& failed) {
    fmt::print(stderr, "bench_tensor: {}: {}\n", failed.file, failed.error.message);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_tensor: {}\n", error.what());
  }
  return 1;
}
