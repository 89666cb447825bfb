#include <fmt/format.h>

#include <boost/program_options.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "command_line.hpp"
#include "io/tensor_sink.hpp"
#include "peers/peers.hpp"

/// What the peers make of a tensor: decoded files for task_loss.py to go on from, and their coded bytes.

namespace {

using namespace actz;
using namespace actz::bench;
using Json = nlohmann::ordered_json;
namespace po = boost::program_options;

constexpr const char* kAbout =
    "Usage: bench_decoded CALIB TEST FOLDER [options]\n\n"
    "Learns on CALIB, codes and decodes TEST (.npy, .npz, .safetensors) with each peer of actz, writes what was decoded\n"
    "to FOLDER as .npy and prints JSON: codec, coded bytes, NMSE and file of each.\n"
    "Example:\n  bench_decoded calib.npy test.npy decoded --nmse 0.005,0.02\n\n";

std::vector<CodecRun> peer_runs(const Sample& calib, const Sample& test, const std::vector<double>& target_nmse,
                                const std::vector<double>& integer_bits) {
  const SteppedCodec stepped[] = {zfp_accuracy(test), bins_then_zstd(test, 19), cachegen_like(calib, test),
                                  kvtc_like(calib, test)};
  std::vector<CodecRun> runs;
  for (const SteppedCodec& codec : stepped) {
    for (const double target : target_nmse) runs.push_back(at_nmse(codec, test, target));
  }
  for (const double bits : integer_bits)
    runs.push_back(channel_integers(test, static_cast<unsigned>(bits), std::nullopt));
  return runs;
}

void write_npy(const std::string& path, const io::TensorInfo& info, std::span<const std::byte> elements) {
  auto sink = io::open_sink(path, io::FileFormat::npy, {info}, true);
  if (!sink) throw Failed{path, sink.error()};
  if (const auto status = (*sink)->write(elements); !status) throw Failed{path, status.error()};
  if (const auto status = (*sink)->finish(); !status) throw Failed{path, status.error()};
}

Json decode_to(const std::string& path, const CodecRun& run, const Sample& test) {
  const Bytes coded = run.encode();
  Bytes decoded(test.values.size() * element_bytes(DType::f32));
  run.decode(coded, decoded);
  write_npy(path, {test.tensor.name, DType::f32, test.tensor.shape}, decoded);
  Json out{{"codec", run.codec}};
  if (run.target_nmse) out["target_nmse"] = *run.target_nmse;
  out["nmse"] = nmse(test, as_floats(decoded));
  out["coded_bytes"] = coded.size();
  out["side_bytes"] = run.side_bytes;
  out["decoded"] = path;
  return out;
}

int run(int count, char** words) {
  std::string nmse_text, bits_text;
  std::vector<std::string> files;
  po::options_description options("Options");
  options.add_options()("nmse", po::value(&nmse_text)->default_value("0.005,0.02,0.08"), "errors to code at")(
      "integers", po::value(&bits_text)->default_value("8,4"), "bits of the integers of each channel, 2 to 8");
  po::variables_map values;
  if (!parse_words(count, words, kAbout, "files", options, values)) return 0;
  if (values.count("files") > 0) files = values["files"].as<std::vector<std::string>>();
  if (files.size() != 3) throw po::error("CALIB, TEST and FOLDER are wanted, --help tells more");
  const Sample calib = read_sample(files[0]), test = read_sample(files[1]);
  if (calib.channels != test.channels) throw po::error("CALIB and TEST differ in channels");
  Json out = Json::array();
  for (const CodecRun& run : peer_runs(calib, test, numbers(nmse_text), numbers(bits_text)))
    out.push_back(decode_to(fmt::format("{}/decoded_{}.npy", files[2], out.size()), run, test));
  std::cout << out.dump(1) << '\n';
  return 0;
}

}  // namespace

int main(int count, char** words) {
  try {
    return run(count, words);
  } catch (const actz::bench::Failed& failed) {
    fmt::print(stderr, "bench_decoded: {}: {}\n", failed.file, failed.error.message);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_decoded: {}\n", error.what());
  }
  return 1;
}
