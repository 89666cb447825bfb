#include "actz/result.hpp"

namespace actz {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::need_more_input: return "need_more_input";
    case ErrorCode::unsupported: return "unsupported";
    case ErrorCode::limit_exceeded: return "limit_exceeded";
    case ErrorCode::corrupt: return "corrupt";
    case ErrorCode::corrupt_signature: return "corrupt_signature";
    case ErrorCode::corrupt_checksum: return "corrupt_checksum";
    case ErrorCode::corrupt_bounds: return "corrupt_bounds";
    case ErrorCode::bad_argument: return "bad_argument";
    case ErrorCode::out_of_memory: return "out_of_memory";
    case ErrorCode::io: return "io";
    case ErrorCode::internal: return "internal";
  }
  return "unknown";  // a number from elsewhere, cast without a check
}

}  // namespace actz
