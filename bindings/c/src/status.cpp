#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "actz/c/status.h"
#include "actz/version.hpp"
#include "guard.hpp"

namespace actz::c_abi {

actz_status status_of(ErrorCode code) noexcept {
  switch (family(code)) {
    case ErrorCode::need_more_input:
    case ErrorCode::corrupt: return ACTZ_CORRUPT;
    case ErrorCode::unsupported: return ACTZ_UNSUPPORTED;
    case ErrorCode::limit_exceeded: return ACTZ_LIMIT;
    case ErrorCode::bad_argument: return ACTZ_BAD_ARGUMENT;
    case ErrorCode::out_of_memory: return ACTZ_OUT_OF_MEMORY;
    case ErrorCode::io: return ACTZ_IO;
    default: return ACTZ_INTERNAL;
  }
}

Status from_callback(actz_status status, const char* message) {
  const auto error = [message](ErrorCode code) { return Error{code, Error::kNoOffset, message}; };
  switch (status) {
    case ACTZ_OK: return {};
    case ACTZ_INTERNAL: return error(ErrorCode::internal);
    case ACTZ_BAD_ARGUMENT: return error(ErrorCode::bad_argument);
    case ACTZ_CORRUPT: return error(ErrorCode::corrupt);
    case ACTZ_UNSUPPORTED: return error(ErrorCode::unsupported);
    case ACTZ_LIMIT: return error(ErrorCode::limit_exceeded);
    case ACTZ_OUT_OF_MEMORY: return error(ErrorCode::out_of_memory);
    default: return error(ErrorCode::io);
  }
}

actz_status fail(const Error& error, actz_error* out) noexcept {
  const actz_status status = status_of(error.code);
  if (out == nullptr || out->struct_size < sizeof(actz_error)) return status;
  out->status = status;
  out->code = static_cast<std::int32_t>(error.code);
  out->reserved = 0;
  out->byte_offset = error.byte_offset;
  const std::string_view message = error.message.empty() ? to_string(error.code) : std::string_view(error.message);
  std::size_t length = std::min(message.size(), sizeof(out->message) - 1);
  if (length < message.size()) {  // not within a character
    while (length > 0 && (static_cast<unsigned char>(message[length]) & 0xC0) == 0x80) --length;
  }
  std::memcpy(out->message, message.data(), length);
  std::memset(out->message + length, 0, sizeof(out->message) - length);
  return status;
}

}  // namespace actz::c_abi

extern "C" {

const char* actz_code_name(int32_t code) {
  if (code < 0 || code > 255) return "unknown";
  return actz::to_string(static_cast<actz::ErrorCode>(code)).data();  // literals, which end with a zero
}

void actz_free(void* memory) { std::free(memory); }

const char* actz_version(void) { return actz::kLibraryVersion.data(); }

void actz_format_version(uint8_t* major, uint8_t* minor) {
  if (major != nullptr) *major = actz::kFormatMajor;
  if (minor != nullptr) *minor = actz::kFormatMinor;
}

}  // extern "C"
