#pragma once

#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>

#include "actz/result.hpp"

namespace actz::io {

/// A name from a hostile file, fit for one line of an error message: in single quotes, control characters
/// replaced, cut after 80 bytes.
std::string in_quotes(std::string_view name);

/// "cannot open 'x': No such file or directory". Takes errno's value as an argument so that nothing between the
/// failed call and the message can change it.
Error io_error(std::string_view action, std::string_view path, int error_number);

/// Runs `body`, which returns a Result, and turns a failed allocation into out_of_memory: the standard containers
/// throw, and no exception may leave a public call.
template <class Body>
auto without_exceptions(Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::out_of_memory, Error::kNoOffset, "out of memory"};
  } catch (const std::length_error&) {
    return Error{ErrorCode::out_of_memory, Error::kNoOffset, "larger than the address space"};
  } catch (const std::exception&) {
    return Error{ErrorCode::internal, Error::kNoOffset, "unexpected exception"};
  }
}

}  // namespace actz::io
