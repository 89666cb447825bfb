// Decodes a coder file (README.md): coder_driver IN OUT. Exit codes are the program's, and standard error ends with the
// error word in brackets.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "decode_coder_file.hpp"

using namespace actz;

namespace {

int exit_code_of(ErrorCode code) {
  switch (family(code)) {
    case ErrorCode::need_more_input:
    case ErrorCode::corrupt: return 3;
    case ErrorCode::unsupported: return 4;
    case ErrorCode::limit_exceeded: return 5;
    case ErrorCode::bad_argument: return 2;
    default: return 1;
  }
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count != 3) return 2;
  std::ifstream file(arguments[1], std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto decoded = conformance::decode_coder_file(std::as_bytes(std::span(text)));
  if (!decoded) {
    const std::string word(to_string(decoded.error().code));
    std::fprintf(stderr, "coder_driver: %s [%s]\n", decoded.error().message.c_str(), word.c_str());
    return exit_code_of(decoded.error().code);
  }
  std::ofstream out(arguments[2], std::ios::binary);
  out.write(reinterpret_cast<const char*>(decoded->data()), static_cast<std::streamsize>(decoded->size()));
  return out ? 0 : 6;
}
