#include "io/error_text.hpp"

#include <algorithm>
#include <cstddef>
#include <system_error>

namespace actz::io {

std::string in_quotes(std::string_view name) {
  constexpr std::size_t kMaxShownBytes = 80;
  std::string text = "'";
  for (const char c : name.substr(0, kMaxShownBytes)) {
    const auto byte = static_cast<unsigned char>(c);
    text += (byte < 0x20 || byte == 0x7F) ? '?' : c;
  }
  return text + (name.size() > kMaxShownBytes ? "...'" : "'");
}

Error io_error(std::string_view action, std::string_view path, int error_number) {
  std::string text = "cannot ";
  text += action;
  text += ' ';
  text += in_quotes(path);
  text += ": ";
  text += std::system_category().message(error_number);
  return {ErrorCode::io, Error::kNoOffset, std::move(text)};
}

}  // namespace actz::io
