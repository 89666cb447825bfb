#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/try.hpp"
#include "decode_options.hpp"
#include "file_adapters.hpp"
#include "io/tensor_sink.hpp"
#include "progress.hpp"
#include "verbs.hpp"

namespace actz::cli {
namespace {

struct RowRange {
  std::uint64_t first = 0;
  std::uint64_t end = 0;
};

std::optional<RowRange> parse_rows(const std::string& text) {
  RowRange out;
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) return std::nullopt;
  const char* middle = text.data() + colon;
  const char* last = text.data() + text.size();
  const auto first = std::from_chars(text.data(), middle, out.first);
  const auto end = std::from_chars(middle + 1, last, out.end);
  if (first.ec != std::errc() || end.ec != std::errc() || first.ptr != middle || end.ptr != last) return std::nullopt;
  return out;
}

std::optional<io::FileFormat> output_format(const Verb& verb, const std::string& path) {
  const std::string word = verb.text("format");
  if (word == "npy" || (word.empty() && path == "-")) return io::FileFormat::npy;
  if (word == "npz") return io::FileFormat::npz;
  if (word == "safetensors") return io::FileFormat::safetensors;
  if (word == "raw") return io::FileFormat::raw;
  if (!word.empty()) return std::nullopt;
  const auto by_ending = io::format_from_path(path);
  return by_ending ? *by_ending : io::FileFormat::raw;
}

/// Decodes from a path: random access, so that rows cost only their chunks.
Status decode_path(const std::string& from, const std::string& to, io::FileFormat format, const Verb& verb,
                   const DecodeOptions& options) {
  ACTZ_TRY(const auto source, FileSource::open(from));
  ACTZ_TRY(const auto reader, ArchiveReader::open(source, options));
  const auto& tensors = reader.summary().tensors;
  const std::string wanted = verb.text("tensor");
  const auto rows = verb.has("rows") ? parse_rows(verb.text("rows")) : std::nullopt;
  std::vector<std::size_t> chosen;
  std::vector<io::TensorInfo> infos;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (!wanted.empty() && tensors[i].name != wanted) continue;
    chosen.push_back(i);
    infos.push_back({tensors[i].name, tensors[i].dtype,
                     rows ? Shape{rows->end - rows->first, tensors[i].channels} : tensors[i].shape});
  }
  if (chosen.empty()) {
    return Error{ErrorCode::bad_argument, Error::kNoOffset,
                 wanted.empty() ? "the file holds no tensor" : "no tensor is named '" + wanted + "'"};
  }
  for (const std::size_t i : chosen) {
    if (rows && (rows->first > rows->end || rows->end > tensors[i].rows)) {
      return Error{ErrorCode::bad_argument, Error::kNoOffset,
                   fmt::format("--rows leaves the {} rows of '{}'", tensors[i].rows, tensors[i].name)};
    }
  }
  for (const std::size_t i : chosen)
    ACTZ_CHECK(check_provenance(reader.summary().metadata, tensors[i].name, options.required));
  ACTZ_TRY(auto sink, io::open_sink(to, format, infos, verb.has("force")));
  for (const std::size_t i : chosen) {
    const std::uint64_t first = rows ? rows->first : 0;
    const std::uint64_t end = rows ? rows->end : tensors[i].rows;
    ACTZ_CHECK(
        reader.read_rows(i, first, end, [&](std::span<const std::byte> elements) { return sink->write(elements); }));
  }
  return sink->finish();
}

/// Decodes a pipe, front to back. A single tensor goes out as it comes in.
Status decode_pipe(const std::string& to, io::FileFormat format, const Verb& verb, const DecodeOptions& options) {
  ACTZ_TRY(const auto stream, open_stream("-"));
  const std::string wanted = verb.text("tensor");
  std::unique_ptr<io::TensorSink> sink;
  StreamVisitor visitor;
  visitor.on_tensor = [&](const TensorSummary& tensor) -> Result<bool> {
    if (!wanted.empty() && tensor.name != wanted) return false;
    if (sink) {
      return Error{ErrorCode::bad_argument, Error::kNoOffset,
                   "a pipe of several tensors needs --tensor; decode a file to get all"};
    }
    ACTZ_TRY(sink, io::open_sink(to, format, {{tensor.name, tensor.dtype, tensor.shape}}, verb.has("force")));
    return true;
  };
  visitor.on_elements = [&](std::span<const std::byte> elements) { return sink->write(elements); };
  ACTZ_TRY([[maybe_unused]] const auto summary, read_stream(*stream, visitor, options));
  if (!sink) return Error{ErrorCode::bad_argument, Error::kNoOffset, "no such tensor in the stream"};
  return sink->finish();
}

}  // namespace

int run_decode(const Arguments& arguments) {
  Verb verb(
      "decode IN.actz OUT [options]",
      "Gets tensors back, to .npy, .npz, .safetensors (by ending) or raw. Examples:\n"
      "  actz decode hidden.actz hidden.npy\n  actz decode archive.actz part.npy --tensor layer6 --rows 1000:1010");
  verb.options()("tensor", po::value<std::string>(), "only this tensor")(
      "rows", po::value<std::string>(), "A:B, rows counted over all sequences; gives [rows, channels]")(
      "format", po::value<std::string>(), "npy, npz, safetensors or raw, whatever the ending")("force,f",
                                                                                               "overwrite the output");
  add_decode_options(verb);
  if (const auto code = verb.parse(arguments)) return *code;
  if (verb.files().size() != 2) return usage_error("decode wants an input and an output");
  const std::string& from = verb.files()[0];
  const std::string& to = verb.files()[1];
  const auto format = output_format(verb, to);
  if (!format) return usage_error("--format is npy, npz, safetensors or raw");
  if (verb.has("rows") && (!parse_rows(verb.text("rows")) || from == "-"))
    return usage_error("--rows wants A:B and a file");
  Progress progress("decode", verb.shows_progress());
  DecodeOptions options;
  if (const auto failure = read_decode_options(verb, options)) return report(*failure);
  options.progress = &Progress::update;
  options.progress_context = &progress;
  const Status status =
      from == "-" ? decode_pipe(to, *format, verb, options) : decode_path(from, to, *format, verb, options);
  if (!status) return report({status.error().code == ErrorCode::io ? "" : from, status.error()});
  return kOk;
}

}  // namespace actz::cli
