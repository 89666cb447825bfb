#include <chrono>

#include "encode_options.hpp"
#include "encode_tensors.hpp"
#include "file_adapters.hpp"
#include "verbs.hpp"

namespace actz::cli {
namespace {

std::string metadata_of(const Verb& verb) {
  Json out = Json::object();
  for (const std::string& pair : verb.get<Arguments>("meta")) {
    const std::size_t equals = pair.find('=');
    out[pair.substr(0, equals)] = equals == std::string::npos ? "" : pair.substr(equals + 1);
  }
  return out.dump();
}

int encode_to(const EncodePlan& plan, const std::string& path, const Verb& verb) {
  auto file = io::OutputFile::create(path, verb.has("force"));
  if (!file) return report({path, file.error()});
  FileSink sink(*file);
  ArchiveWriter writer(sink);
  if (verb.has("meta")) {
    if (const auto status = writer.add_metadata(metadata_of(verb)); !status) return report({path, status.error()});
  }
  const auto start = std::chrono::steady_clock::now();
  std::vector<NamedReport> reports;
  if (const auto failure = encode_tensors(plan, verb, writer, reports)) return report(*failure);
  if (const auto status = writer.finish(); !status) return report({path, status.error()});
  if (const auto status = file->finish(); !status) return report({path, status.error()});
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (path != "-" && !verb.has("quiet")) print_reports(reports, writer.written_bytes(), seconds, verb.json());
  return kOk;
}

}  // namespace

int run_encode(const Arguments& arguments) {
  Verb verb(
      "encode IN... OUT.actz [options]",
      "Encodes all tensors of .npy, .npz, .safetensors or raw files. Floats are coded at --nmse 0.02 unless another\n"
      "target is given; integers and bool are always lossless. Examples:\n"
      "  actz encode hidden.npy hidden.actz --profile layer6.actp --nmse 0.005\n"
      "  actz encode layer1.npy layer3.npy both.actz --reference layer3=layer1\n"
      "  actz encode kv.safetensors kv.actz --max-error 0.01\n"
      "  cat hidden.npy | actz encode - - --lossless > hidden.actz");
  add_encode_options(verb);
  add_plan_options(verb);
  verb.options()("output,o", po::value<std::string>(), "output, instead of the last argument")(
      "meta", po::value<Arguments>()->composing(), "KEY=VALUE to keep in the file (may be repeated)")(
      "force,f", "overwrite the output");
  if (const auto code = verb.parse(arguments)) return *code;
  Arguments inputs = verb.files();
  std::string path = verb.text("output");
  if (path.empty() && inputs.size() >= 2) {
    path = inputs.back();
    inputs.pop_back();
  }
  if (inputs.empty() || path.empty()) return usage_error("encode wants an input and an output");
  EncodeOptions options;
  if (const auto failure = read_encode_options(verb, options)) return report(*failure);
  EncodePlan plan;
  if (const auto failure = EncodePlan::make(verb, inputs, options, plan)) return report(*failure);
  return encode_to(plan, path, verb);
}

}  // namespace actz::cli
