#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

/// Errors as values. No exception leaves a public call and the library never prints.

namespace actz {

/// What went wrong, in families a caller can act on: the tens digit names the family.
/// Values are fixed for ever and listed in format_spec/registry/errors.csv.
enum class ErrorCode : std::uint8_t {
  need_more_input = 10,    ///< the bytes end early; with more of them the call may succeed
  unsupported = 20,        ///< valid, but newer or other than this implementation reads
  limit_exceeded = 30,     ///< larger than DecodeLimits allow; raise the limit to proceed
  corrupt = 40,            ///< breaks a rule of the format
  corrupt_signature = 41,  ///< not a file of ours, or damaged by a text-mode transfer
  corrupt_checksum = 42,   ///< a CRC32C, digest or final coder state does not match
  corrupt_bounds = 43,     ///< an offset, length or count leaves what contains it
  bad_argument = 50,       ///< the caller asks for what cannot be
  out_of_memory = 60,
  io = 70,        ///< the operating system refused
  internal = 80,  ///< a fault of this library
};

/// Family of a code: its value rounded down to tens.
constexpr ErrorCode family(ErrorCode code) { return static_cast<ErrorCode>(static_cast<std::uint8_t>(code) / 10 * 10); }

/// Stable lower-case word for a code, as in registry/errors.csv.
std::string_view to_string(ErrorCode code);

struct Error {
  static constexpr std::uint64_t kNoOffset = ~std::uint64_t{0};

  ErrorCode code = ErrorCode::internal;
  std::uint64_t byte_offset = kNoOffset;  ///< where in the input, or kNoOffset
  std::string message;                    ///< one line, without file name or newline
};

/// Either a value or an Error; shaped like C++23's std::expected.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT: implicit, as std::expected
  Result(Error error) : state_(std::move(error)) {}  // NOLINT
  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  Error& error() & { return std::get<1>(state_); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), failed_(true) {}  // NOLINT
  bool has_value() const { return !failed_; }
  explicit operator bool() const { return !failed_; }
  Error& error() & { return error_; }
  const Error& error() const& { return error_; }
  Error&& error() && { return std::move(error_); }

 private:
  Error error_;
  bool failed_ = false;
};

using Status = Result<void>;

}  // namespace actz
