#pragma once

#include <new>
#include <stdexcept>
#include <utility>

#include "actz/c/status.h"
#include "actz/result.hpp"

/// The edge between C and C++: results become statuses, and no exception passes.

namespace actz::c_abi {

/// The status of a code: the program's exit code for its family.
actz_status status_of(ErrorCode code) noexcept;

/// What a callback returned, as a Status that turns into the same number again; unknown numbers are io.
Status from_callback(actz_status status, const char* message);

/// Fills the caller's struct, if there is one, and gives the status.
actz_status fail(const Error& error, actz_error* out) noexcept;

inline Error bad_argument(const char* message) { return {ErrorCode::bad_argument, Error::kNoOffset, message}; }

/// Runs `body`, which returns a Status.
template <class Body>
actz_status guarded(actz_error* error, Body&& body) noexcept {
  try {
    const Status status = std::forward<Body>(body)();
    return status ? ACTZ_OK : fail(status.error(), error);
  } catch (const std::bad_alloc&) {
    return fail({ErrorCode::out_of_memory, Error::kNoOffset, {}}, error);
  } catch (const std::length_error&) {
    return fail({ErrorCode::out_of_memory, Error::kNoOffset, {}}, error);
  } catch (...) {
    return fail({ErrorCode::internal, Error::kNoOffset, {}}, error);
  }
}

}  // namespace actz::c_abi
