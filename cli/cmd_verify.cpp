#include <fmt/format.h>

#include "decode_options.hpp"
#include "file_adapters.hpp"
#include "progress.hpp"
#include "verbs.hpp"

namespace actz::cli {

int run_verify(const Arguments& arguments) {
  Verb verb(
      "verify FILE... [options]",
      "Decodes files from front to back and checks every checksum, coder state and digest, the order of sections and\n"
      "the index. Example:\n  actz verify archive/*.actz");
  add_decode_options(verb);
  if (const auto code = verb.parse(arguments)) return *code;
  if (verb.files().empty()) return usage_error("verify wants files");
  DecodeOptions options;
  if (const auto failure = read_decode_options(verb, options)) return report(*failure);
  int worst = kOk;
  Json list = Json::array();
  for (const std::string& path : verb.files()) {
    Progress progress(path, verb.shows_progress());
    options.progress = &Progress::update;
    options.progress_context = &progress;
    auto stream = open_stream(path);
    const auto summary = stream ? read_stream(**stream, {}, options) : Result<ArchiveSummary>(stream.error());
    if (!summary) {
      worst = report({path, summary.error()});
      list.push_back({{"file", path}, {"ok", false}, {"error", std::string(to_string(summary.error().code))}});
      continue;
    }
    std::uint64_t chunks = 0;
    for (const TensorSummary& tensor : summary->tensors) chunks += tensor.chunks;
    list.push_back({{"file", path}, {"ok", true}, {"tensors", summary->tensors.size()}, {"chunks", chunks}});
    if (!verb.json() && !verb.has("quiet"))
      fmt::print("{}: OK, {} tensors, {} chunks\n", path, summary->tensors.size(), chunks);
  }
  if (verb.json()) fmt::print("{}\n", Json{{"files", list}}.dump(2));
  return worst;
}

}  // namespace actz::cli
