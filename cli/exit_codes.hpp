#pragma once

#include "actz/result.hpp"

namespace actz::cli {

/// Exit codes of the program. Scripts may rely on them; format_spec/registry/errors.csv lists the same numbers.
enum ExitCode : int {
  kOk = 0,
  kInternal = 1,     ///< a fault of the program
  kUsage = 2,        ///< the command line asks for what cannot be
  kCorrupt = 3,      ///< input broken, cut short or not of its kind
  kUnsupported = 4,  ///< input valid, but newer or other than this program reads
  kLimit = 5,        ///< input larger than the reader's limits
  kIo = 6,           ///< the operating system refused
  kOutOfMemory = 7,
};

inline ExitCode exit_code(ErrorCode code) {
  switch (family(code)) {
    case ErrorCode::need_more_input:
    case ErrorCode::corrupt: return kCorrupt;
    case ErrorCode::unsupported: return kUnsupported;
    case ErrorCode::limit_exceeded: return kLimit;
    case ErrorCode::bad_argument: return kUsage;
    case ErrorCode::out_of_memory: return kOutOfMemory;
    case ErrorCode::io: return kIo;
    default: return kInternal;
  }
}

}  // namespace actz::cli
