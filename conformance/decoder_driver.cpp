// A decoder of data files from nothing but the decoding half of the library: for other machines, where what the program
// needs besides may be missing, and for measuring what of the decoder the vectors reach.
//   decoder_driver IN OUT.safetensors [--profile P] [--rows A:B] [--stream] [--threads N]
// Exit codes are the program's, and standard error ends with the error word in brackets.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "actz/archive.hpp"
#include "base/try.hpp"
#include "io/safetensors.hpp"

using namespace actz;

namespace {

struct CommandLine {
  std::string in, out, profile, rows;
  unsigned threads = 1;
  bool stream = false;  ///< from front to back, not through the index
};

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{ErrorCode::io, Error::kNoOffset, "cannot open " + path};
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

Result<std::unique_ptr<io::TensorSink>> open_sink(const std::string& path, const std::vector<io::TensorInfo>& infos) {
  ACTZ_TRY(auto file, io::OutputFile::create(path, true));
  return io::open_safetensors_sink(std::move(file), infos);
}

/// Through the index. @param first, end  rows of the only tensor; both 0: all rows of all tensors.
Status decode_at_random(const CommandLine& wanted, std::span<const std::byte> data, const DecodeOptions& options) {
  const MemorySource source(data);
  ACTZ_TRY(const auto reader, ArchiveReader::open(source, options));
  const auto& tensors = reader.summary().tensors;
  if (tensors.empty()) return Error{ErrorCode::bad_argument, Error::kNoOffset, "the file holds no tensor"};
  const std::size_t colon = wanted.rows.find(':');
  const bool some = colon != std::string::npos;
  const std::uint64_t first = some ? std::strtoull(wanted.rows.c_str(), nullptr, 10) : 0;
  const std::uint64_t end = some ? std::strtoull(wanted.rows.c_str() + colon + 1, nullptr, 10) : 0;
  std::vector<io::TensorInfo> infos;
  for (const TensorSummary& one : tensors)
    infos.push_back({one.name, one.dtype, some ? Shape{end - first, one.channels} : one.shape});
  ACTZ_TRY(auto sink, open_sink(wanted.out, infos));
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    ACTZ_CHECK(reader.read_rows(i, first, some ? end : tensors[i].rows,
                                [&](std::span<const std::byte> elements) { return sink->write(elements); }));
  }
  return sink->finish();
}

/// From front to back, keeping all tensors until the end has told that the file is whole.
Status decode_front_to_back(const CommandLine& wanted, std::span<const std::byte> data, const DecodeOptions& options) {
  std::vector<io::TensorInfo> infos;
  std::vector<std::byte> content;
  StreamVisitor visitor;
  visitor.on_tensor = [&](const TensorSummary& one) -> Result<bool> {
    infos.push_back({one.name, one.dtype, one.shape});
    return true;
  };
  visitor.on_elements = [&](std::span<const std::byte> elements) -> Status {
    content.insert(content.end(), elements.begin(), elements.end());
    return {};
  };
  MemorySource source(data);
  ACTZ_TRY([[maybe_unused]] const auto summary, read_stream(source, visitor, options));
  if (infos.empty()) return Error{ErrorCode::bad_argument, Error::kNoOffset, "the file holds no tensor"};
  ACTZ_TRY(auto sink, open_sink(wanted.out, infos));
  ACTZ_CHECK(sink->write(content));
  return sink->finish();
}

Status decode(const CommandLine& wanted) {
  DecodeOptions options;
  options.threads = wanted.threads;
  if (!wanted.profile.empty()) {
    ACTZ_TRY(const auto text, read_file(wanted.profile));
    ACTZ_TRY(auto profile, Profile::parse(std::as_bytes(std::span(text))));
    options.profiles.push_back(std::move(profile));
  }
  ACTZ_TRY(const auto text, read_file(wanted.in));
  const auto data = std::as_bytes(std::span(text));
  return wanted.stream ? decode_front_to_back(wanted, data, options) : decode_at_random(wanted, data, options);
}

int exit_code_of(ErrorCode code) {
  switch (family(code)) {
    case ErrorCode::need_more_input:
    case ErrorCode::corrupt: return 3;
    case ErrorCode::unsupported: return 4;
    case ErrorCode::limit_exceeded: return 5;
    case ErrorCode::bad_argument: return 2;
    case ErrorCode::io: return 6;
    case ErrorCode::out_of_memory: return 7;
    default: return 1;
  }
}

}  // namespace

int main(int argument_count, char** arguments) {
  CommandLine wanted;
  for (int i = 1; i < argument_count; ++i) {
    const std::string word = arguments[i];
    if (word == "--stream") {
      wanted.stream = true;
    } else if (word == "--threads" && i + 1 < argument_count) {
      wanted.threads = static_cast<unsigned>(std::atoi(arguments[++i]));
    } else if ((word == "--profile" || word == "--rows") && i + 1 < argument_count) {
      (word == "--rows" ? wanted.rows : wanted.profile) = arguments[++i];
    } else {
      (wanted.in.empty() ? wanted.in : wanted.out) = word;
    }
  }
  if (wanted.out.empty()) return 2;
  const Status status = decode(wanted);
  if (status) return 0;
  const std::string word(to_string(status.error().code));
  std::fprintf(stderr, "decoder_driver: %s [%s]\n", status.error().message.c_str(), word.c_str());
  return exit_code_of(status.error().code);
}
