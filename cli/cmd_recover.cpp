#include <fmt/format.h>

#include "actz/recover.hpp"
#include "decode_options.hpp"
#include "file_adapters.hpp"
#include "verbs.hpp"

namespace actz::cli {
namespace {

Json to_json(const RecoverReport& report) {
  Json out{
      {"complete", report.is_complete()}, {"end_found", report.end_found},     {"damaged_bytes", report.damaged_bytes},
      {"chunks", report.chunks},          {"lost_chunks", report.lost_chunks}, {"loss", report.loss},
      {"tensors", Json::array()}};
  for (const RecoveredTensor& tensor : report.tensors) {
    Json pieces = Json::array();
    for (const RecoveredPiece& piece : tensor.pieces) {
      pieces.push_back({{"name", piece.name},
                        {"first_row", piece.rows.first},
                        {"end_row", piece.rows.end},
                        {"chunks", piece.chunks},
                        {"recoded", piece.recoded}});
    }
    out["tensors"].push_back({{"name", tensor.name},
                              {"rows", tensor.rows},
                              {"recovered_rows", tensor.recovered_rows()},
                              {"pieces", std::move(pieces)}});
  }
  return out;
}

void print(const RecoverReport& report) {
  for (const RecoveredTensor& tensor : report.tensors) {
    fmt::print("{}: {} of {} rows\n", tensor.name, tensor.recovered_rows(), tensor.rows);
    if (tensor.pieces.size() == 1 && tensor.pieces.front().name == tensor.name) continue;
    for (const RecoveredPiece& piece : tensor.pieces)
      fmt::print("  {}{}\n", piece.name, piece.recoded ? "  (stored as it is, not coded)" : "");
  }
  fmt::print("{} chunks came back", report.chunks);
  if (report.lost_chunks > 0) fmt::print(", {} whole ones are of no use: {}", report.lost_chunks, report.loss);
  fmt::print("\n{} bytes were damaged\n", report.damaged_bytes);
  if (!report.end_found) fmt::print("the end is missing: there may have been more\n");
}

}  // namespace

int run_recover(const Arguments& arguments) {
  Verb verb(
      "recover DAMAGED.actz OUT.actz [options]",
      "Writes what is left of a file that was cut short or damaged to a new file. Every chunk that is whole comes back,\n"
      "checked by its digest; a tensor with gaps comes as several, named NAME[first:end] by their rows. Exit code 3 says\n"
      "that something is missing. Examples:\n"
      "  actz recover damaged.actz saved.actz\n"
      "  actz recover damaged.actz saved.actz --profile layer6.actp --json");
  add_decode_options(verb);
  verb.options()("force,f", "overwrite the output");
  if (const auto code = verb.parse(arguments)) return *code;
  if (verb.files().size() != 2) return usage_error("recover wants an input and an output");
  const std::string& from = verb.files()[0];
  const std::string& to = verb.files()[1];
  DecodeOptions options;
  if (const auto failure = read_decode_options(verb, options)) return report(*failure);
  const auto source = FileSource::open(from);
  if (!source) return report({from, source.error()});
  auto file = io::OutputFile::create(to, verb.has("force"));
  if (!file) return report({to, file.error()});
  FileSink sink(*file);
  const auto recovered = recover(*source, sink, options);
  if (!recovered) return report({from, recovered.error()});
  if (const auto status = file->finish(); !status) return report({to, status.error()});
  if (verb.json()) fmt::print("{}\n", to_json(*recovered).dump(2));
  else if (!verb.has("quiet") && to != "-") print(*recovered);
  return recovered->is_complete() ? kOk : kCorrupt;
}

}  // namespace actz::cli
