#include <chrono>
#include <filesystem>

#include "decode_options.hpp"
#include "encode_options.hpp"
#include "encode_tensors.hpp"
#include "file_adapters.hpp"
#include "io/growing_file.hpp"
#include "verbs.hpp"

namespace actz::cli {
namespace {

/// Puts the old end back after an append that was cut off.
int put_back(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path + ".undo", ignored)) return usage_error("append wants a file and an input");
  const auto file = io::GrowingFile::open(path);
  return file ? kOk : report({path, file.error()});
}

int append_to(const EncodePlan& plan, const std::string& path, const Verb& verb) {
  auto file = io::GrowingFile::open(path);
  if (!file) return report({path, file.error()});
  const auto source = FileSource::open(path);
  if (!source) return report({path, source.error()});
  FileSink sink(*file);
  DecodeOptions reading;
  reading.profiles = plan.profiles();
  if (const auto failure = read_require_option(verb, reading.required)) return report(*failure);
  auto writer = ArchiveWriter::resume(*source, sink, reading);
  if (!writer) return report({path, writer.error()});
  const auto start = std::chrono::steady_clock::now();
  const std::uint64_t before = writer->written_bytes();
  if (const auto status = file->begin(before); !status) return report({path, status.error()});
  std::vector<NamedReport> reports;
  if (const auto failure = encode_tensors(plan, verb, *writer, reports)) return report(*failure);
  const std::uint64_t added = writer->written_bytes() - before;
  if (const auto status = writer->finish(); !status) return report({path, status.error()});
  if (const auto status = file->finish(); !status) return report({path, status.error()});
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (!verb.has("quiet")) print_reports(reports, added, seconds, verb.json());
  return kOk;
}

}  // namespace

int run_append(const Arguments& arguments) {
  Verb verb(
      "append FILE.actz IN... [options]",
      "Encodes tensors as encode does and adds them to a file. With a profile, their rows are matched with those of\n"
      "tensors that the file has of the same profile. The file stays as it was until the new end is whole; should the\n"
      "program be killed meanwhile, the next append puts the old end back, and so does append FILE alone. Example:\n"
      "  actz append texts.actz text7.npy --profile layer6.actp --name-profile --nmse 0.005");
  add_encode_options(verb);
  add_plan_options(verb);
  add_require_option(verb);
  if (const auto code = verb.parse(arguments)) return *code;
  Arguments inputs = verb.files();
  if (inputs.empty()) return usage_error("append wants a file and an input");
  if (inputs.size() == 1) return put_back(inputs.front());
  const std::string path = inputs.front();
  inputs.erase(inputs.begin());
  EncodeOptions options;
  if (const auto failure = read_encode_options(verb, options)) return report(*failure);
  EncodePlan plan;
  if (const auto failure = EncodePlan::make(verb, inputs, options, plan)) return report(*failure);
  return append_to(plan, path, verb);
}

}  // namespace actz::cli
