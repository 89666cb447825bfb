#include "io/utf8.hpp"

#include <cstddef>
#include <cstdint>

namespace actz::io {
namespace {

struct Lead {
  std::size_t tail_bytes;
  std::uint32_t first_bits;
  std::uint32_t smallest;  // a smaller value has a shorter form
};

bool read_lead(unsigned char byte, Lead& lead) {
  if (byte < 0x80) lead = {0, byte, 0};
  else if ((byte & 0xE0) == 0xC0) lead = {1, byte & 0x1Fu, 0x80};
  else if ((byte & 0xF0) == 0xE0) lead = {2, byte & 0x0Fu, 0x800};
  else if ((byte & 0xF8) == 0xF0) lead = {3, byte & 0x07u, 0x10000};
  else return false;
  return true;
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    Lead lead{};
    if (!read_lead(static_cast<unsigned char>(text[at++]), lead)) return false;
    if (lead.tail_bytes > text.size() - at) return false;
    std::uint32_t value = lead.first_bits;
    for (std::size_t i = 0; i < lead.tail_bytes; ++i) {
      const auto byte = static_cast<unsigned char>(text[at++]);
      if ((byte & 0xC0) != 0x80) return false;
      value = value << 6 | (byte & 0x3Fu);
    }
    const bool is_surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (value < lead.smallest || value > 0x10FFFF || is_surrogate) return false;
  }
  return true;
}

}  // namespace actz::io
